class A abstract : public B { int f() override sealed { return __super::f(); } };
