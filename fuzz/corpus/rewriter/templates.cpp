template <class C> int n(C& c) { for (C::iterator i = c.begin();;) throw std::exception("x"); }
