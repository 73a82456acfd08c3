temqlat ' c.b ' c.begin();;)te <class  throw st:exception(egin(n();;) ÁÁÁÁÁÁÁthrow std::exc; }
