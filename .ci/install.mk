# make install, make deb.  Included by the Makefile.

PREFIX ?= /usr/local
BIN = $(DESTDIR)$(PREFIX)/bin
DOC = $(DESTDIR)$(PREFIX)/share/doc/quorate
MAN = $(DESTDIR)$(PREFIX)/share/man
install: all
	install -d $(BIN) $(DOC)
	install -m 755 $(PROGRAMS) $(BIN)
	install -m 644 LICENSE $(wildcard README*) $(B)/quorate.buildinfo $(DOC)
	for m in $(sort $(wildcard docs/man/*.[1-8])); do \
	  install -D -m 644 $$m $(MAN)/man$${m##*.}/$${m##*/} || exit 1; done

deb: all
	@.ci/deb $(B) '$(MAKE)'

.PHONY: install deb
