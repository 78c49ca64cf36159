# Makefile -- GNU make and bmake.  Nothing to configure: OpenSSL, libbsd and, if
# they are there, libedit and zlib are found by pkg-config.  Targets: all demo check
# asan-check soak syskill syskill-fetch fuzz random bench corpus lint metrics install
# uninstall dist clean

PREFIX =	/usr/local
BINDIR =	$(PREFIX)/bin
MANDIR =	$(PREFIX)/share/man
DOCDIR =	$(PREFIX)/share/doc/mailx
BASHDIR =	$(PREFIX)/share/bash-completion/completions
ZSHDIR =	$(PREFIX)/share/zsh/site-functions
FISHDIR =	$(PREFIX)/share/fish/vendor_completions.d
VERSION =	0.1

# Compression of IMAP (RFC 4978), where zlib is found; ZLIB=no: without.
ZLIB !=		pkg-config --exists zlib && echo yes || echo no
ZLIB_yes =	zlib
DEFLATE_yes =	net/deflate.c
DEFLATE_no =	net/deflate_none.c

PACKAGES =	libbsd-overlay openssl $(ZLIB_$(ZLIB))
PKG_CFLAGS !=	pkg-config --cflags $(PACKAGES)
PKG_LIBS !=	pkg-config --libs $(PACKAGES)
BSD_LIBS !=	pkg-config --libs libbsd-overlay

# Lines are edited through libedit where it is there: make LIBEDIT=no does without.
LIBEDIT =	yes
TERM_SRCS !=	test "$(LIBEDIT)" != no && pkg-config --exists libedit && \
		echo cmd/history.c cmd/term_edit.c cmd/term_keys.c || echo cmd/term_plain.c
TERM_LIBS !=	case "$(TERM_SRCS)" in *edit*) pkg-config --libs libedit ;; esac

# Those of the hardening options that this compiler takes.
HARDENING !=	for f in -fstack-protector-strong -fstack-clash-protection \
		-fcf-protection=full -ftrivial-auto-var-init=zero \
		-fno-strict-aliasing -fno-strict-overflow \
		-fno-delete-null-pointer-checks; do \
		$(CC) -Werror $$f -x c -c /dev/null -o /dev/null 2> /dev/null && \
		printf '%s ' $$f; done; true

CFLAGS =	-O2 -g
STANDARD =	-std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 \
		-D_FORTIFY_SOURCE=2 -DMAILX_VERSION='"$(VERSION)"'
WARNINGS =	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
		-Wformat=2 -Wvla -Wmissing-prototypes -Wstrict-prototypes \
		-Werror=format-security -Werror=implicit
ALL_CFLAGS =	$(STANDARD) $(WARNINGS) $(HARDENING) -fPIE -MMD -MF $@.d $(PKG_CFLAGS) $(CFLAGS)
ALL_LDFLAGS =	-pie -Wl,-z,relro,-z,now,-z,noexecstack $(LDFLAGS)
LIBS =		-lmd $(PKG_LIBS) $(TERM_LIBS)
MIME_LIBS =	-lmd $(BSD_LIBS)

# The same again with the sanitizers, beside the plain objects.
SANITIZE =	-fsanitize=address,undefined -fno-sanitize-recover=all
ASAN_CFLAGS =	-std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 \
		-DMAILX_VERSION='"$(VERSION)"' -MMD -MF $@.d $(PKG_CFLAGS) -O1 -g \
		-fno-omit-frame-pointer $(SANITIZE)

MIME_SRCS = \
	mime/addr.c \
	mime/addrspec.c \
	mime/b64.c \
	mime/b64simd.c \
	mime/build.c \
	mime/buildhead.c \
	mime/buildplan.c \
	mime/buildscan.c \
	mime/buildsource.c \
	mime/buildwrite.c \
	mime/date.c \
	mime/enclosed.c \
	mime/envelope.c \
	mime/filter.c \
	mime/flowed.c \
	mime/head.c \
	mime/hz.c \
	mime/jamo.c \
	mime/param.c \
	mime/paramwrite.c \
	mime/parse.c \
	mime/part.c \
	mime/partdecode.c \
	mime/qp.c \
	mime/recast.c \
	mime/text.c \
	mime/type.c \
	mime/utf8.c \
	mime/word.c \

NET_SRCS = \
	$(DEFLATE_$(ZLIB)) \
	net/conn.c \
	net/cred.c \
	net/dial.c \
	net/digest.c \
	net/dottext.c \
	net/idn.c \
	net/imap.c \
	net/imapappend.c \
	net/imapauth.c \
	net/imapcaps.c \
	net/imapcmd.c \
	net/imapidle.c \
	net/imapline.c \
	net/imapquota.c \
	net/imapread.c \
	net/keep.c \
	net/netrc.c \
	net/pop3.c \
	net/pop3open.c \
	net/sasl.c \
	net/scram.c \
	net/server.c \
	net/smtp.c \
	net/smtpcheck.c \
	net/smtpchunk.c \
	net/smtpreply.c \
	net/smtpsend.c \
	net/smtptext.c \
	net/tls.c \
	net/transcript.c \
	net/url.c \
	net/utf7.c \
	net/wait.c \

STORE_SRCS = \
	store/cachetrim.c \
	store/generic.c \
	store/headcache.c \
	store/imap.c \
	store/imapbatch.c \
	store/imapbox.c \
	store/imapcache.c \
	store/imapfetch.c \
	store/imaplearn.c \
	store/imaplist.c \
	store/imapload.c \
	store/imappool.c \
	store/imapsearch.c \
	store/imapsort.c \
	store/imapstructure.c \
	store/imapsync.c \
	store/local.c \
	store/locallist.c \
	store/localremove.c \
	store/lock.c \
	store/maildir.c \
	store/maildirwrite.c \
	store/mbox.c \
	store/mboxappend.c \
	store/mboxapply.c \
	store/mboxchange.c \
	store/mboxfollow.c \
	store/mboxredo.c \
	store/mboxscan.c \
	store/mboxsync.c \
	store/mboxtext.c \
	store/null.c \
	store/outbox.c \
	store/outboxadd.c \
	store/outboxdone.c \
	store/outboxenv.c \
	store/outboxitem.c \
	store/outboxlist.c \
	store/pop3.c \
	store/pop3cache.c \
	store/pop3load.c \
	store/search.c \
	store/seen.c \
	store/seenlog.c \
	store/seentable.c \
	store/sort.c \
	store/stage.c \
	store/step.c \
	store/store.c \
	store/thread.c \
	store/token.c \
	store/wait.c \

CMD_SRCS = \
	cmd/alias.c \
	cmd/args.c \
	cmd/assemble.c \
	cmd/attime.c \
	cmd/card.c \
	cmd/check.c \
	cmd/child.c \
	cmd/complete.c \
	cmd/completewords.c \
	cmd/compose.c \
	cmd/dead.c \
	cmd/define.c \
	cmd/deliver.c \
	cmd/draft.c \
	cmd/drafts.c \
	cmd/echo.c \
	cmd/edit.c \
	cmd/expr.c \
	cmd/extract.c \
	cmd/fetch.c \
	cmd/fetchdigest.c \
	cmd/fetchrun.c \
	cmd/fetchsource.c \
	cmd/fetchstore.c \
	cmd/fields.c \
	cmd/flag.c \
	cmd/flush.c \
	cmd/flushrun.c \
	cmd/folder.c \
	cmd/foldercmd.c \
	cmd/foldername.c \
	cmd/folderquit.c \
	cmd/forgotten.c \
	cmd/forward.c \
	cmd/gate.c \
	cmd/headers.c \
	cmd/help.c \
	cmd/helptopics.c \
	cmd/html.c \
	cmd/htmlchar.c \
	cmd/htmlpage.c \
	cmd/if.c \
	cmd/json.c \
	cmd/mail.c \
	cmd/msgs.c \
	cmd/nearest.c \
	cmd/news.c \
	cmd/once.c \
	cmd/options.c \
	cmd/order.c \
	cmd/out.c \
	cmd/outcolour.c \
	cmd/outfield.c \
	cmd/outheld.c \
	cmd/outjson.c \
	cmd/outmessage.c \
	cmd/outrecords.c \
	cmd/outstructure.c \
	cmd/outsummary.c \
	cmd/outtext.c \
	cmd/passing.c \
	cmd/pipe.c \
	cmd/print.c \
	cmd/progress.c \
	cmd/queue.c \
	cmd/queueing.c \
	cmd/quit.c \
	cmd/quote.c \
	cmd/read.c \
	cmd/recall.c \
	cmd/recode.c \
	cmd/record.c \
	cmd/reply.c \
	cmd/resend.c \
	cmd/run.c \
	cmd/safefile.c \
	cmd/sanitise.c \
	cmd/save.c \
	cmd/schema.c \
	cmd/search.c \
	cmd/secret.c \
	cmd/send.c \
	cmd/sendmode.c \
	cmd/server.c \
	cmd/set.c \
	cmd/settle.c \
	cmd/shell.c \
	cmd/shellcomplete.c \
	cmd/smtp.c \
	cmd/sort.c \
	cmd/source.c \
	cmd/structure.c \
	cmd/subject.c \
	cmd/table.c \
	cmd/term.c \
	cmd/term_read.c \
	cmd/tilde.c \
	cmd/tildetext.c \
	cmd/transport.c \
	cmd/vars.c \
	cmd/vartable.c \
	cmd/wait.c \
	cmd/wordfile.c \
	cmd/words.c \
	cmd/wrap.c \
	cmd/write.c \

UNIT_SRCS = \
	tests/unit/addr.c \
	tests/unit/alias.c \
	tests/unit/b64.c \
	tests/unit/build.c \
	tests/unit/buildhead.c \
	tests/unit/buildtree.c \
	tests/unit/clean.c \
	tests/unit/conn.c \
	tests/unit/cred.c \
	tests/unit/date.c \
	tests/unit/deflate.c \
	tests/unit/expr.c \
	tests/unit/fetch.c \
	tests/unit/flowed.c \
	tests/unit/folder.c \
	tests/unit/full.c \
	tests/unit/head.c \
	tests/unit/headcache.c \
	tests/unit/html.c \
	tests/unit/imap.c \
	tests/unit/imapload.c \
	tests/unit/imapread.c \
	tests/unit/imapsearch.c \
	tests/unit/lock.c \
	tests/unit/maildir.c \
	tests/unit/mbox.c \
	tests/unit/mboxsync.c \
	tests/unit/msgs.c \
	tests/unit/netrc.c \
	tests/unit/outbox.c \
	tests/unit/param.c \
	tests/unit/part.c \
	tests/unit/pop3.c \
	tests/unit/qp.c \
	tests/unit/recast.c \
	tests/unit/sasl.c \
	tests/unit/scram.c \
	tests/unit/search.c \
	tests/unit/seen.c \
	tests/unit/smtp.c \
	tests/unit/smtpreply.c \
	tests/unit/store.c \
	tests/unit/text.c \
	tests/unit/tls.c \
	tests/unit/transcript.c \
	tests/unit/type.c \
	tests/unit/url.c \
	tests/unit/utf7.c \
	tests/unit/vars.c \
	tests/unit/word.c \
	tests/unit/words.c \
	tests/unit/wrap.c \

SHELL_TESTS = \
	tests/allornone.t \
	tests/answer.t \
	tests/bare.t \
	tests/barepop3.t \
	tests/binary.t \
	tests/bytes.t \
	tests/cases.t \
	tests/chunking.t \
	tests/colour.t \
	tests/completion.t \
	tests/compose.t \
	tests/contract.t \
	tests/corpus.t \
	tests/crash.t \
	tests/demo.t \
	tests/draft.t \
	tests/drafts.t \
	tests/escape.t \
	tests/failio.t \
	tests/faults.t \
	tests/faultsfetch.t \
	tests/fetch.t \
	tests/filter.t \
	tests/heirloom.t \
	tests/help.t \
	tests/imap.t \
	tests/imapext.t \
	tests/imapscript.t \
	tests/layers.t \
	tests/life.t \
	tests/line.t \
	tests/lines.t \
	tests/manual.t \
	tests/matrix.t \
	tests/modes.t \
	tests/needs.t \
	tests/newmail.t \
	tests/nomem.t \
	tests/oauth.t \
	tests/outbox.t \
	tests/pop3.t \
	tests/posix_commands.t \
	tests/posix_escapes.t \
	tests/posix_lists.t \
	tests/posix_send.t \
	tests/posix_signals.t \
	tests/posix_states.t \
	tests/posix_variables.t \
	tests/progress.t \
	tests/prompt.t \
	tests/proxy.t \
	tests/read.t \
	tests/readme.t \
	tests/refused.t \
	tests/resume.t \
	tests/road.t \
	tests/save.t \
	tests/script.t \
	tests/send.t \
	tests/session.t \
	tests/show.t \
	tests/smtp.t \
	tests/soak.t \
	tests/soakimap.t \
	tests/sort.t \
	tests/syskill.t \
	tests/syskill_fetch.t \
	tests/trust_display.t \
	tests/trust_env.t \
	tests/trust_fetch.t \
	tests/trust_large.t \
	tests/trust_local.t \
	tests/trust_send.t \
	tests/trust_server.t \
	tests/upload.t \
	tests/wait.t \

FUZZERS = \
	tests/fuzz/addr.fuzz \
	tests/fuzz/date.fuzz \
	tests/fuzz/decode.fuzz \
	tests/fuzz/display.fuzz \
	tests/fuzz/head.fuzz \
	tests/fuzz/html.fuzz \
	tests/fuzz/imap.fuzz \
	tests/fuzz/imapload.fuzz \
	tests/fuzz/imapread.fuzz \
	tests/fuzz/mbox.fuzz \
	tests/fuzz/message.fuzz \
	tests/fuzz/netrc.fuzz \
	tests/fuzz/param.fuzz \
	tests/fuzz/pop3.fuzz \
	tests/fuzz/scram.fuzz \
	tests/fuzz/seen.fuzz \
	tests/fuzz/smtp.fuzz \
	tests/fuzz/url.fuzz \
	tests/fuzz/utf7.fuzz \
	tests/fuzz/word.fuzz \
	tests/fuzz/words.fuzz \

FILTER_SRCS = \
	mime/mailx-mime.c \
	mime/mimecode.c \
	mime/mimeencode.c \
	mime/mimeread.c \

FILTER_OBJS =	$(FILTER_SRCS:.c=.o)
FILTER_ASAN =	$(FILTER_SRCS:.c=.ao)

CORPUS_SRCS = \
	tests/corpus.c \
	tests/corpus_mailboxes.c \
	tests/corpus_messages.c \
	tests/corpus_replies.c \
	tests/corpus_tables.c \

CORPUS_OBJS =	$(CORPUS_SRCS:.c=.o)

MIME_OBJS =	$(MIME_SRCS:.c=.o)
LIB_SRCS =	util.c $(MIME_SRCS) $(NET_SRCS) $(STORE_SRCS) $(CMD_SRCS) $(TERM_SRCS)
LIB_OBJS =	$(LIB_SRCS:.c=.o)
LIB_ASAN =	$(LIB_SRCS:.c=.ao)
LIB_FUZZ =	$(LIB_SRCS:.c=.fo)
UNIT_TESTS =	$(UNIT_SRCS:.c=.test)
UNIT_ASAN =	$(UNIT_SRCS:.c=.atest)
TOOLS =		tests/corpus tests/draft tests/failio.so tests/failmem.so \
		tests/fake tests/hosts.so tests/mailx-crash tests/ports \
		tests/relay tests/sink tests/syskill

all: mailx mailx-mime

.SUFFIXES: .c .o .ao .fo .test .atest .fuzz

.c.o:
	$(CC) $(ALL_CFLAGS) -c $< -o $@
.c.ao:
	$(CC) $(ASAN_CFLAGS) -c $< -o $@
.c.test:
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $< -o $@ libmailx.a $(LIBS)
.c.atest:
	$(CC) $(ASAN_CFLAGS) $< -o $@ libmailx-asan.a $(LIBS)
.c.fo:
	clang $(ASAN_CFLAGS) -fsanitize=fuzzer-no-link -c $< -o $@
.c.fuzz:
	clang $(ASAN_CFLAGS) -fsanitize=fuzzer $< -o $@ libmailx-fuzz.a $(LIBS)

mailx: mailx.o libmailx.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) mailx.o -o $@ libmailx.a $(LIBS)
mailx-mime: $(FILTER_OBJS) libmime.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(FILTER_OBJS) -o $@ libmime.a $(MIME_LIBS)
libmime.a: util.o $(MIME_OBJS)
	rm -f $@
	ar rc $@ util.o $(MIME_OBJS)
libmailx.a: $(LIB_OBJS)
	rm -f $@
	ar rc $@ $(LIB_OBJS)
	@cat *.d */*.d > .depend
libmailx-asan.a: $(LIB_ASAN)
	rm -f $@
	ar rc $@ $(LIB_ASAN)
libmailx-fuzz.a: $(LIB_FUZZ)
	rm -f $@
	ar rc $@ $(LIB_FUZZ)
mailx.asan: mailx.ao libmailx-asan.a
	$(CC) $(ASAN_CFLAGS) mailx.ao -o $@ libmailx-asan.a $(LIBS)
mailx-mime.asan: $(FILTER_ASAN) libmailx-asan.a
	$(CC) $(ASAN_CFLAGS) $(FILTER_ASAN) -o $@ libmailx-asan.a $(LIBS)

tests/draft: tests/draft.c libmime.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) tests/draft.c -o $@ libmime.a $(MIME_LIBS)
tests/ports: tests/ports.c
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) tests/ports.c -o $@ $(BSD_LIBS)
tests/failio.so: tests/failio.c
	$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -g -fPIC -shared tests/failio.c -o $@ -ldl
tests/hosts.so: tests/hosts.c
	$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -g -fPIC -shared tests/hosts.c -o $@ -ldl
tests/failmem.so: tests/failmem.c
	$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O2 -g -fPIC -shared tests/failmem.c -o $@
tests/relay: tests/relay.c
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) tests/relay.c -o $@ $(BSD_LIBS)
tests/fake: tests/fake.c
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) tests/fake.c -o $@ $(LIBS)
tests/corpus: $(CORPUS_OBJS) libmailx.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(CORPUS_OBJS) -o $@ libmailx.a $(LIBS)
tests/mailx-crash: mailx.o tests/step_crash.o libmailx.a
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) mailx.o tests/step_crash.o -o $@ libmailx.a $(LIBS)
tests/sink: tests/sink.c
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) tests/sink.c -o $@ $(BSD_LIBS)
tests/syskill: tests/syskill.c
	$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) tests/syskill.c -o $@ $(BSD_LIBS)

UNIT_HEADERS =	tests/unit/building.h tests/unit/hostile.h tests/unit/peer.h \
		tests/unit/responses.h tests/unit/tap.h tests/unit/tree.h
$(UNIT_TESTS): libmailx.a $(UNIT_HEADERS)
$(UNIT_ASAN): libmailx-asan.a $(UNIT_HEADERS)
$(FUZZERS): libmailx-fuzz.a

check: all $(TOOLS) $(UNIT_TESTS)
	@MAILX="$$PWD/mailx" MAILX_MIME="$$PWD/mailx-mime" sh tests/run.sh $(UNIT_TESTS) $(SHELL_TESTS)

asan-check: mailx.asan mailx-mime.asan $(TOOLS) $(UNIT_ASAN)
	@MAILX="$$PWD/mailx.asan" MAILX_MIME="$$PWD/mailx-mime.asan" sh tests/run.sh $(UNIT_ASAN) $(SHELL_TESTS)

demo: all tests/ports tests/relay
	@sh tests/demo.sh "$${SERVERS:-0}"

# make corpus CORPUS=dir: score the reading of messages and tables of that form.
CORPUS =	../shared/corpus
corpus: tests/corpus
	@tests/corpus $(CORPUS)

FUZZ_SECONDS =	60
fuzz: $(FUZZERS)
	@FUZZ_SECONDS=$(FUZZ_SECONDS) sh tests/fuzz/run.sh $(FUZZERS)

# make random RANDOM_LINES=n SEED=text: random command lines under the sanitizers.
RANDOM_LINES =	1000000
SEED =		1
random: mailx.asan
	@MAILX="$$PWD/mailx.asan" python3 tests/lines.py --lines $(RANDOM_LINES) --seed "$(SEED)" \
	    --keep tests/fuzz/found --verbose

# Fetch killed, and failing, at every one of its system calls: some twenty minutes.
syskill-fetch: all $(TOOLS)
	@SYSKILL_STEP=1 MAILX="$$PWD/mailx" sh tests/syskill_fetch.t

BENCH_TESTS =	tests/bench/codec.test tests/bench/messages.test tests/bench/time.test

$(BENCH_TESTS): libmailx.a

bench: all $(BENCH_TESTS) tests/sink
	@sh tests/bench/run.sh
	@sh tests/bench/outbox.sh

# Ten minutes of many processes at one outbox; and every system call (half an hour).
SOAK_SECONDS =	600
soak: all tests/sink
	@sh tests/soak.sh $(SOAK_SECONDS)
syskill: all tests/ports tests/sink tests/syskill
	@SYSKILL_STEP=1 sh tests/syskill.t

# Ten minutes of other clients at work in the mailbox that mailx works in.
IMAP_SOAK_SECONDS =	600
soak: soak-imap
soak-imap: all tests/ports tests/relay
	@SOAK_SECONDS=$(IMAP_SOAK_SECONDS) sh tests/soakimap.t

lint:
	cppcheck -q --std=c11 --enable=warning,portability,performance \
	    --inline-suppr --suppressions-list=tests/cppcheck.txt \
	    --error-exitcode=1 -j 2 $(LIB_SRCS) mailx.c $(FILTER_SRCS)
	shellcheck -s sh -S warning tests/*.sh tests/*.t tests/fuzz/*.sh \
	    tests/bench/*.sh .ci/run
	mandoc -Tlint -Wwarning mailx.1 mime/mailx-mime.1

metrics:
	@sh tests/metrics.sh

EXAMPLES =	crontab mailx-flush.service mailx-flush.timer

install: all
	mkdir -p "$(DESTDIR)$(BINDIR)" "$(DESTDIR)$(MANDIR)/man1" "$(DESTDIR)$(DOCDIR)/examples"
	mkdir -p "$(DESTDIR)$(BASHDIR)" "$(DESTDIR)$(ZSHDIR)" "$(DESTDIR)$(FISHDIR)"
	install -m 755 mailx mailx-mime "$(DESTDIR)$(BINDIR)"
	install -m 644 mailx.1 mime/mailx-mime.1 "$(DESTDIR)$(MANDIR)/man1"
	for f in $(EXAMPLES); do \
		sed 's,/usr/local/bin,$(BINDIR),g' "cmd/examples/$$f" > "$(DESTDIR)$(DOCDIR)/examples/$$f" && \
		chmod 644 "$(DESTDIR)$(DOCDIR)/examples/$$f" || exit 1; done
	./mailx --completion bash > "$(DESTDIR)$(BASHDIR)/mailx"
	./mailx --completion zsh > "$(DESTDIR)$(ZSHDIR)/_mailx"
	./mailx --completion fish > "$(DESTDIR)$(FISHDIR)/mailx.fish"
	cd "$(DESTDIR)/" && chmod 644 ".$(BASHDIR)/mailx" ".$(ZSHDIR)/_mailx" ".$(FISHDIR)/mailx.fish"

uninstall:
	rm -f "$(DESTDIR)$(BINDIR)/mailx" "$(DESTDIR)$(BINDIR)/mailx-mime"
	rm -f "$(DESTDIR)$(BASHDIR)/mailx" "$(DESTDIR)$(ZSHDIR)/_mailx" "$(DESTDIR)$(FISHDIR)/mailx.fish"
	rm -f "$(DESTDIR)$(MANDIR)/man1/mailx.1" "$(DESTDIR)$(MANDIR)/man1/mailx-mime.1"
	for f in $(EXAMPLES); do rm -f "$(DESTDIR)$(DOCDIR)/examples/$$f"; done

dist:
	git archive --prefix=mailx-$(VERSION)/ -o mailx-$(VERSION).tar.gz HEAD

clean:
	rm -f mailx mailx-mime mailx.asan mailx-mime.asan *.a .depend mailx-*.tar.gz
	rm -f *.o *.ao *.fo *.d */*.o */*.ao */*.fo */*.d */*/*.d */*/*.test */*/*.atest */*/*.fuzz
	rm -f $(TOOLS)

-include .depend
