/* SPDX-License-Identifier: Apache-2.0 */
#include <ekube/stream.h>

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <ek_test.h>

/* An end of a stream that checks a known pattern as it comes in. */
struct end {
	struct ek_stream stream;
	struct ek_loop  *loop;
	struct ek_timer  rest;
	size_t got, n_reads, stop_after; /* stop reading for a moment every so many bytes */
	ssize_t last;                    /* what ended it: 0 or -errno */
	int    n_ends, n_drained, n_errors, error, n_connects, connect_rc;
	size_t to_send, sent, high;      /* a sender that stops above `high` queued bytes */
	size_t most_pending;
	bool   over, connected, drained, broken, close_on_read, echo;
};

static char pattern(size_t i)
{
	return (char)('a' + i % 23);
}

static void on_rest_over(struct ek_timer *t)
{
	ek_stream_read_start(&ek_container_of(t, struct end, rest)->stream);
}

static void on_read(struct ek_stream *s, const char *data, ssize_t n)
{
	struct end *e = ek_container_of(s, struct end, stream);

	if (e->close_on_read) {
		ek_stream_close(s);
		e->over = true;
		return;
	}
	if (n <= 0) {
		e->last = n;
		e->n_ends++;
		e->over = true;
		return;
	}
	if (e->echo)
		ck_assert_int_eq(ek_stream_write(s, data, (size_t)n), 0);
	e->n_reads++;
	for (ssize_t i = 0; i < n; i++)
		if (data[i] != pattern(e->got++))
			ck_abort_msg("byte %zu is wrong", e->got - 1);
	if (e->stop_after && e->n_reads % e->stop_after == 0) {
		ek_stream_read_stop(s);
		ek_timer_start(e->loop, &e->rest, 1, on_rest_over);
	}
}

static void feed(struct end *e)
{
	while (e->sent < e->to_send && ek_stream_pending(&e->stream) < e->high) {
		char chunk[7001];
		size_t n = EK_MIN(sizeof(chunk), e->to_send - e->sent);

		for (size_t i = 0; i < n; i++)
			chunk[i] = pattern(e->sent + i);
		ck_assert_int_eq(ek_stream_write(&e->stream, chunk, n), 0);
		e->sent += n;
		e->most_pending = EK_MAX(e->most_pending, ek_stream_pending(&e->stream));
	}
	if (e->sent == e->to_send)
		ek_stream_shutdown(&e->stream);
}

static void on_drained(struct ek_stream *s)
{
	struct end *e = ek_container_of(s, struct end, stream);

	ck_assert_uint_eq(ek_stream_pending(s), 0);
	e->n_drained++;
	e->drained = true;
	if (e->to_send)
		feed(e);
}

static void on_error(struct ek_stream *s, int rc)
{
	struct end *e = ek_container_of(s, struct end, stream);

	e->n_errors++;
	e->error = rc;
	e->broken = true;
}

static void on_connect(struct ek_stream *s, int rc)
{
	struct end *e = ek_container_of(s, struct end, stream);

	e->n_connects++;
	e->connect_rc = rc;
	e->connected = true;
	ck_assert_int_eq(ek_stream_is_open(s), rc == 0);
}

static struct end end_new(struct ek_loop *loop)
{
	return (struct end){
		.loop = loop,
		.last = 1,
		.high = 64 * 1024,
		.stream = { .on_read = on_read, .on_drained = on_drained, .on_error = on_error }
	};
}

static void open_pair(struct ek_loop *loop, struct end *a, struct end *b)
{
	int sv[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
	*a = end_new(loop);
	*b = end_new(loop);
	ck_assert_int_eq(ek_stream_open(loop, &a->stream, sv[0]), 0);
	ck_assert_int_eq(ek_stream_open(loop, &b->stream, sv[1]), 0);
	ck_assert_int_eq(fcntl(sv[0], F_GETFD), FD_CLOEXEC);
}

START_TEST(back_pressure_over_a_socket)
{
	struct ek_loop *loop = ek_loop_new();
	struct end a, b;

	open_pair(loop, &a, &b);
	a.to_send = 10 * 1000 * 1000;
	b.stop_after = 50;
	feed(&a);
	ck_assert_uint_gt(ek_stream_pending(&a.stream), 0); /* nobody reads yet */
	ck_assert_uint_lt(a.sent, 2 * 1000 * 1000);
	for (int i = 0; i < 20; i++)
		ek_loop_turn(loop);
	ck_assert_uint_eq(b.got, 0); /* reading is pulled */
	ek_stream_read_start(&b.stream);
	ck_assert(ek_loop_until(loop, &b.over, 30000));
	ck_assert_uint_eq(b.got, a.to_send);
	ck_assert_int_eq(b.last, 0);
	ck_assert_int_eq(b.n_ends, 1);
	ck_assert_uint_lt(a.most_pending, a.high + 7001);
	ck_assert_int_gt(a.n_drained, 1);
	ck_assert_int_eq(ek_stream_write(&a.stream, "x", 1), -EPIPE); /* after the shutdown */
	ek_timer_stop(&b.rest);
	ek_stream_close(&a.stream);
	ek_stream_close(&b.stream);
	ek_stream_close(&b.stream);
	ek_loop_free(loop);
}
END_TEST

START_TEST(both_ways_at_once)
{
	struct ek_loop *loop = ek_loop_new();
	struct end a, b;

	open_pair(loop, &a, &b);
	a.to_send = 1000 * 1000;
	b.echo = true;
	ek_stream_read_start(&a.stream);
	ek_stream_read_start(&b.stream);
	feed(&a);
	ck_assert(ek_loop_until(loop, &b.over, 30000));
	ek_stream_shutdown(&b.stream);
	ck_assert(ek_loop_until(loop, &a.over, 30000));
	ck_assert_uint_eq(a.got, a.to_send);
	ek_stream_close(&a.stream);
	ek_stream_close(&b.stream);
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_pipe_ends_when_it_is_shut)
{
	struct ek_loop *loop = ek_loop_new();
	struct end a = end_new(loop), b = end_new(loop);
	int p[2];

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	ck_assert_int_eq(ek_stream_open(loop, &a.stream, p[1]), 0);
	ck_assert_int_eq(ek_stream_open(loop, &b.stream, p[0]), 0);
	a.to_send = 500 * 1000;
	feed(&a);
	ek_stream_read_start(&b.stream);
	ck_assert(ek_loop_until(loop, &b.over, 30000));
	ck_assert_uint_eq(b.got, a.to_send);
	ck_assert_int_eq(b.last, 0);
	ek_stream_close(&a.stream);
	ek_stream_close(&b.stream);
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_terminal_hangs_up)
{
	struct ek_loop *loop = ek_loop_new();
	struct end a = end_new(loop);
	struct termios raw;
	int master, slave;

	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	ck_assert_int_eq(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	ck_assert_int_eq(tcsetattr(slave, TCSANOW, &raw), 0);
	ck_assert_int_eq(ek_stream_open(loop, &a.stream, master), 0);
	ek_stream_read_start(&a.stream);
	ck_assert_int_eq(write(slave, "abc", 3), 3);
	while (a.got < 3)
		ek_loop_turn(loop);
	close(slave);
	ck_assert(ek_loop_until(loop, &a.over, 10000));
	ck_assert_int_eq(a.last, 0); /* EIO is how a terminal says so */
	ek_stream_close(&a.stream);
	ek_loop_free(loop);
}
END_TEST

START_TEST(the_shells_terminal_gets_its_flags_back)
{
	struct ek_loop *loop = ek_loop_new();
	struct end a = end_new(loop);
	int p[2], copy;

	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	copy = dup(p[0]);
	ck_assert_int_eq(ek_stream_open(loop, &a.stream, p[0]), 0);
	ck_assert_int_ne(fcntl(copy, F_GETFL) & O_NONBLOCK, 0);
	ek_stream_close(&a.stream);
	ck_assert_int_eq(fcntl(copy, F_GETFL) & O_NONBLOCK, 0);
	close(copy);
	close(p[1]);
	ek_loop_free(loop);
}
END_TEST

START_TEST(the_peer_goes_while_bytes_wait)
{
	struct ek_loop *loop = ek_loop_new();
	struct end a, b;
	char big[100000] = "";

	open_pair(loop, &a, &b);
	while (ek_stream_pending(&a.stream) == 0)
		ck_assert_int_eq(ek_stream_write(&a.stream, big, sizeof(big)), 0);
	ek_stream_close(&b.stream);
	ck_assert(ek_loop_until(loop, &a.broken, 10000));
	ck_assert(a.error == -EPIPE || a.error == -ECONNRESET);
	ck_assert_uint_eq(ek_stream_pending(&a.stream), 0);
	ck_assert_int_eq(ek_stream_write(&a.stream, "x", 1), a.error); /* it sticks */
	ek_loop_turn(loop);
	ck_assert_int_eq(a.n_errors, 1);
	ck_assert_int_eq(a.n_drained, 0);
	ek_stream_close(&a.stream);
	ek_loop_free(loop);
}
END_TEST

START_TEST(closing_in_a_callback_and_dropping_what_is_queued)
{
	struct ek_loop *loop = ek_loop_new();
	struct end a, b;
	char big[100000] = "";

	open_pair(loop, &a, &b);
	b.close_on_read = true;
	while (ek_stream_pending(&a.stream) == 0)
		ck_assert_int_eq(ek_stream_write(&a.stream, big, sizeof(big)), 0);
	ek_stream_read_start(&b.stream);
	ck_assert(ek_loop_until(loop, &b.over, 10000));
	ck_assert(!ek_stream_is_open(&b.stream));
	ek_stream_close(&a.stream);
	for (int i = 0; i < 5; i++)
		ek_loop_turn(loop);
	ck_assert_int_eq(a.n_errors + a.n_drained, 0);
	ck_assert_int_eq(b.n_ends, 0);
	ck_assert_int_eq(ek_stream_write(&b.stream, "x", 1), -EPIPE);
	ek_stream_read_start(&b.stream);
	ek_stream_read_stop(&b.stream);
	ek_stream_shutdown(&b.stream);
	ek_loop_free(loop);
}
END_TEST

START_TEST(the_queue_has_a_maximum)
{
	struct ek_loop *loop = ek_loop_new();
	struct end a, b;
	char *big = ek_calloc(1, 16 << 20);
	int rc = 0;

	open_pair(loop, &a, &b);
	for (int i = 0; i < 5 && rc == 0; i++)
		rc = ek_stream_write(&a.stream, big, 16 << 20);
	ck_assert_int_eq(rc, EK_ETOOLARGE);
	ck_assert_uint_le(ek_stream_pending(&a.stream), 64 << 20);
	free(big);
	ek_stream_close(&a.stream);
	ek_stream_close(&b.stream);
	ek_loop_free(loop);
}
END_TEST

START_TEST(open_refuses_and_closes)
{
	struct ek_loop *loop = ek_loop_new();
	struct end a = end_new(loop);
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(ek_stream_open(loop, &a.stream, fd), -EPERM);
	ck_assert(!ek_stream_is_open(&a.stream));
	ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
	ck_assert_int_eq(ek_stream_open(loop, &a.stream, 9999), -EBADF);
	ek_loop_free(loop);
}
END_TEST

/* ---- listening and connecting ---- */

struct server {
	struct ek_listener listener;
	struct ek_loop *loop;
	struct end peer;
	int  n_accepts, stop_at;
	bool accepted;
};

static void on_accept(struct ek_listener *l, int take_fd)
{
	struct server *s = ek_container_of(l, struct server, listener);

	ck_assert_int_eq(fcntl(take_fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_ne(fcntl(take_fd, F_GETFL) & O_NONBLOCK, 0);
	s->accepted = true;
	if (++s->n_accepts == s->stop_at)
		ek_listen_stop(l);
	if (s->n_accepts > 1) {
		close(take_fd);
		return;
	}
	s->peer = end_new(s->loop);
	ck_assert_int_eq(ek_stream_open(s->loop, &s->peer.stream, take_fd), 0);
	ek_stream_read_start(&s->peer.stream);
}

static const char *const addresses[] = { "127.0.0.1", "::1" };

START_TEST(tcp_connects_and_talks)
{
	struct ek_loop *loop = ek_loop_new();
	struct server s = { .loop = loop };
	struct end c = end_new(loop);
	struct ek_err err = { 0 };
	int port;

	ck_assert_msg(ek_listen_tcp(loop, &s.listener, addresses[_i], 0, on_accept, &err) == 0,
		      "%s", err.msg);
	port = ek_listen_port(&s.listener);
	ck_assert_int_gt(port, 0);
	ck_assert_int_eq(
		ek_stream_connect_tcp(loop, &c.stream, addresses[_i], port, 5000, on_connect), 0);
	ck_assert_int_eq(c.n_connects, 0);
	c.to_send = 300 * 1000; /* written before the connection is there */
	feed(&c);
	ck_assert(ek_loop_until(loop, &c.connected, 10000));
	ck_assert_int_eq(c.connect_rc, 0);
	ck_assert(ek_loop_until(loop, &s.accepted, 10000));
	ck_assert(ek_loop_until(loop, &s.peer.over, 10000));
	ck_assert_uint_eq(s.peer.got, c.to_send);
	ck_assert_int_eq(c.n_connects, 1);
	ek_stream_close(&c.stream);
	ek_stream_close(&s.peer.stream);
	ek_listen_stop(&s.listener);
	ek_listen_stop(&s.listener);
	ek_loop_free(loop);
}
END_TEST

START_TEST(tcp_refused_late_and_malformed)
{
	struct ek_loop *loop = ek_loop_new();
	struct server s = { .loop = loop };
	struct end c = end_new(loop);
	int port;

	ck_assert_int_eq(ek_listen_tcp(loop, &s.listener, "127.0.0.1", 0, on_accept, NULL), 0);
	port = ek_listen_port(&s.listener);
	ek_listen_stop(&s.listener);
	ck_assert_int_eq(ek_listen_port(&s.listener), -EBADF);
	ck_assert_int_eq(
		ek_stream_connect_tcp(loop, &c.stream, "127.0.0.1", port, 5000, on_connect), 0);
	ck_assert(ek_loop_until(loop, &c.connected, 10000));
	ck_assert_int_eq(c.connect_rc, -ECONNREFUSED);
	ck_assert(!ek_stream_is_open(&c.stream));
	ck_assert_int_eq(ek_stream_connect_tcp(loop, &c.stream, "localhost", 1, 0, on_connect),
			 -EINVAL);
	ck_assert_int_eq(ek_stream_connect_tcp(loop, &c.stream, "127.0.0.1", 65536, 0, on_connect),
			 -EINVAL);
	/* closed while it connects: nothing is heard of it */
	c.n_connects = 0;
	ck_assert_int_eq(
		ek_stream_connect_tcp(loop, &c.stream, "127.0.0.1", port, 5000, on_connect), 0);
	ek_stream_close(&c.stream);
	for (int i = 0; i < 5; i++)
		ek_loop_turn(loop);
	ck_assert_int_eq(c.n_connects, 0);
	ek_loop_free(loop);
}
END_TEST

/* A listener whose backlog is full does not answer: the attempt is bounded by ms. */
START_TEST(tcp_connect_times_out)
{
	struct ek_loop *loop = ek_loop_new();
	struct end c = end_new(loop), fill[8];
	struct server s = { .loop = loop };
	int port, fd;

	ck_assert_int_eq(ek_listen_tcp(loop, &s.listener, "127.0.0.1", 0, on_accept, NULL), 0);
	port = ek_listen_port(&s.listener);
	fd = dup(s.listener.fd); /* keeps listening, and nobody accepts */
	ek_listen_stop(&s.listener);
	ck_assert_int_eq(listen(fd, 0), 0);
	for (size_t i = 0; i < EK_ARRAY_LEN(fill); i++) {
		fill[i] = end_new(loop);
		ck_assert_int_eq(ek_stream_connect_tcp(loop, &fill[i].stream, "127.0.0.1", port, 0,
						       on_connect),
				 0);
	}
	ck_assert(ek_loop_until(loop, &fill[0].connected, 10000));
	ck_assert_int_eq(ek_stream_connect_tcp(loop, &c.stream, "127.0.0.1", port, 100, on_connect),
			 0);
	ck_assert(ek_loop_until(loop, &c.connected, 10000));
	ck_assert_int_eq(c.connect_rc, -ETIMEDOUT);
	for (size_t i = 0; i < EK_ARRAY_LEN(fill); i++)
		ek_stream_close(&fill[i].stream);
	close(fd);
	ek_loop_free(loop);
}
END_TEST

START_TEST(unix_sockets)
{
	char dir[] = "/tmp/ek-stream-XXXXXX", path[64], aside[64];
	struct ek_loop *loop = ek_loop_new();
	struct server s = { .loop = loop }, second = { .loop = loop };
	struct end c = end_new(loop);
	struct ek_err err = { 0 };
	struct stat st;
	int stale;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/s", dir);
	snprintf(aside, sizeof(aside), "%s/aside", dir);
	ck_assert_int_eq(ek_listen_unix(loop, &s.listener, path, 0600, on_accept, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(ek_stream_connect_unix(loop, &c.stream, path, on_connect), 0);
	ck_assert_int_eq(c.n_connects, 0);
	c.to_send = 1000;
	feed(&c);
	ck_assert(ek_loop_until(loop, &c.connected, 10000));
	ck_assert_int_eq(c.connect_rc, 0);
	ck_assert(ek_loop_until(loop, &s.accepted, 10000));
	ck_assert(ek_loop_until(loop, &s.peer.over, 10000));
	ck_assert_uint_eq(s.peer.got, 1000);
	ek_stream_close(&c.stream);
	ek_stream_close(&s.peer.stream);

	ck_assert_int_eq(ek_listen_unix(loop, &second.listener, path, 0600, on_accept, &err),
			 -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(err.msg, path));

	/* a socket file whose listener was killed */
	stale = dup(s.listener.fd);
	ck_assert_int_eq(rename(path, aside), 0);
	ek_listen_stop(&s.listener);
	ck_assert_int_eq(rename(aside, path), 0);
	close(stale);
	ck_assert_int_eq(ek_listen_unix(loop, &s.listener, path, 0660, on_accept, &err), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
	ek_listen_stop(&s.listener);
	ck_assert_int_eq(stat(path, &st), -1);

	c.connected = false;
	ck_assert_int_eq(ek_stream_connect_unix(loop, &c.stream, path, on_connect), 0);
	ck_assert(ek_loop_until(loop, &c.connected, 10000));
	ck_assert_int_eq(c.connect_rc, -ENOENT);
	ck_assert_int_eq(rmdir(dir), 0);
	ek_loop_free(loop);
}
END_TEST

START_TEST(names_that_do_not_fit)
{
	struct ek_loop *loop = ek_loop_new();
	struct server s = { .loop = loop };
	struct end c = end_new(loop);
	struct ek_err err = { 0 };
	char path[200];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = 0;
	ck_assert_int_eq(ek_listen_unix(loop, &s.listener, path, 0600, on_accept, &err),
			 -ENAMETOOLONG);
	ck_assert_int_eq(ek_stream_connect_unix(loop, &c.stream, path, on_connect), -ENAMETOOLONG);
	ck_assert_int_eq(ek_listen_tcp(loop, &s.listener, "nowhere", 1, on_accept, &err),
			 EK_EINVALID);
	ck_assert_int_eq(ek_listen_tcp(loop, &s.listener, "127.0.0.1", -1, on_accept, &err),
			 EK_EINVALID);
	ck_assert_int_eq(ek_listen_tcp(loop, &s.listener, "192.0.2.1", 0, on_accept, &err),
			 -EADDRNOTAVAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "192.0.2.1"));
	ek_loop_free(loop);
}
END_TEST

START_TEST(a_listener_stops_itself)
{
	struct ek_loop *loop = ek_loop_new();
	struct server s = { .loop = loop, .stop_at = 2 };
	struct end c[4];

	ck_assert_int_eq(ek_listen_tcp(loop, &s.listener, "127.0.0.1", 0, on_accept, NULL), 0);
	for (int i = 0; i < 4; i++) {
		c[i] = end_new(loop);
		ck_assert_int_eq(ek_stream_connect_tcp(loop, &c[i].stream, "127.0.0.1",
						       ek_listen_port(&s.listener), 1000,
						       on_connect),
				 0);
	}
	for (int i = 0; i < 4; i++)
		ck_assert(ek_loop_until(loop, &c[i].connected, 10000));
	for (int i = 0; i < 10; i++)
		ek_loop_turn(loop);
	ck_assert_int_eq(s.n_accepts, 2);
	for (int i = 0; i < 4; i++)
		ek_stream_close(&c[i].stream);
	ek_stream_close(&s.peer.stream);
	ek_loop_free(loop);
}
END_TEST

/* No descriptors left: accepting rests instead of spinning, and goes on when there are some. */
START_TEST(accepting_survives_a_lack_of_descriptors)
{
	struct ek_loop *loop = ek_loop_new();
	struct server s = { .loop = loop };
	struct end c = end_new(loop);
	struct rlimit few = { 64, 64 };
	int taken[64], n = 0, turns = 0;

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	ck_assert_int_eq(ek_listen_tcp(loop, &s.listener, "127.0.0.1", 0, on_accept, NULL), 0);
	ck_assert_int_eq(ek_stream_connect_tcp(loop, &c.stream, "127.0.0.1",
					       ek_listen_port(&s.listener), 5000, on_connect),
			 0);
	while ((taken[n] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		n++;
	ck_assert(ek_loop_until(loop, &c.connected, 10000)); /* by the kernel */
	while (ek_loop_turn(loop) && turns < 100)
		turns++;
	ck_assert_int_lt(turns, 100);
	ck_assert_int_eq(s.n_accepts, 0);
	while (n > 0)
		close(taken[--n]);
	ck_assert(ek_loop_until(loop, &s.accepted, 10000));
	ek_stream_close(&c.stream);
	ek_stream_close(&s.peer.stream);
	ek_listen_stop(&s.listener);
	ek_loop_free(loop);
}
END_TEST

/* ---- UDP ---- */

struct udp_end {
	struct ek_udp udp;
	char   got[64];
	size_t biggest;
	int    n;
	bool   any, close_at_once;
};

static void on_packet(struct ek_udp *u, const struct ek_udp_peer *from, const char *data, size_t n)
{
	struct udp_end *e = ek_container_of(u, struct udp_end, udp);

	e->n++;
	e->any = true;
	e->biggest = EK_MAX(e->biggest, n);
	if (n < sizeof(e->got))
		memcpy(e->got, data, n);
	if (e->close_at_once)
		ek_udp_close(u);
	else if (n == 4)
		ck_assert_int_eq(ek_udp_send(u, from, "pong!", 5), 0);
}

START_TEST(udp_asks_and_answers)
{
	struct ek_loop *loop = ek_loop_new();
	struct udp_end a = { 0 }, b = { 0 };
	struct ek_udp_peer to;
	static char big[65000];

	ck_assert_int_eq(ek_udp_open(loop, &a.udp, addresses[_i], 0, on_packet, NULL), 0);
	ck_assert_int_eq(ek_udp_open(loop, &b.udp, addresses[_i], 0, on_packet, NULL), 0);
	ck_assert_int_eq(ek_udp_peer(addresses[_i], ek_udp_port(&b.udp), &to), 0);
	ck_assert_int_eq(ek_udp_send(&a.udp, &to, "ping", 4), 0);
	ck_assert(ek_loop_until(loop, &a.any, 10000));
	ck_assert_str_eq(b.got, "ping");
	ck_assert_str_eq(a.got, "pong!");
	b.any = false;
	ck_assert_int_eq(ek_udp_send(&a.udp, &to, big, sizeof(big)), 0);
	ck_assert(ek_loop_until(loop, &b.any, 10000));
	ck_assert_uint_eq(b.biggest, sizeof(big));
	ck_assert_int_eq(ek_udp_send(&a.udp, &to, big, 70000), -EMSGSIZE);
	ek_udp_close(&a.udp);
	ek_udp_close(&b.udp);
	ek_udp_close(&b.udp);
	ek_loop_free(loop);
}
END_TEST

START_TEST(udp_outlives_an_unreachable_peer_and_closes_in_its_callback)
{
	struct ek_loop *loop = ek_loop_new();
	struct udp_end a = { 0 }, b = { 0 }, c = { 0 };
	struct ek_udp_peer gone, to, from;

	ck_assert_int_eq(ek_udp_open(loop, &a.udp, "127.0.0.1", 0, on_packet, NULL), 0);
	ck_assert_int_eq(ek_udp_open(loop, &b.udp, "127.0.0.1", 0, on_packet, NULL), 0);
	ck_assert_int_eq(ek_udp_peer("127.0.0.1", ek_udp_port(&b.udp), &gone), 0);
	ck_assert_int_eq(ek_udp_peer("127.0.0.1", ek_udp_port(&a.udp), &to), 0);
	ek_udp_close(&b.udp);
	/* a connected socket is told of the closed port: its next read fails, its watcher lives */
	ck_assert_int_eq(connect(a.udp.fd, (struct sockaddr *)gone.sa, gone.len), 0);
	(void)ek_udp_send(&a.udp, &gone, "x", 1);
	for (int i = 0; i < 10; i++)
		ek_loop_turn(loop);
	ck_assert_int_eq(ek_udp_open(loop, &c.udp, "127.0.0.1", 0, on_packet, NULL), 0);
	ck_assert_int_eq(ek_udp_peer("127.0.0.1", ek_udp_port(&c.udp), &from), 0);
	ck_assert_int_eq(connect(a.udp.fd, (struct sockaddr *)from.sa, from.len), 0);
	a.close_at_once = true;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(ek_udp_send(&c.udp, &to, "you", 3), 0);
	ck_assert(ek_loop_until(loop, &a.any, 10000));
	ck_assert_int_eq(a.n, 1);
	ek_udp_close(&c.udp);
	ck_assert_int_eq(ek_udp_peer("127.0.0.256", 1, &to), -EINVAL);
	ck_assert_int_eq(ek_udp_open(loop, &a.udp, "127.0.0.256", 0, on_packet, NULL), EK_EINVALID);
	ek_loop_free(loop);
}
END_TEST

EK_TESTS("loop/stream", back_pressure_over_a_socket, both_ways_at_once,
	 a_pipe_ends_when_it_is_shut, a_terminal_hangs_up, the_shells_terminal_gets_its_flags_back,
	 the_peer_goes_while_bytes_wait, closing_in_a_callback_and_dropping_what_is_queued,
	 the_queue_has_a_maximum, open_refuses_and_closes,
	 EK_ROWS(tcp_connects_and_talks, addresses), tcp_refused_late_and_malformed,
	 tcp_connect_times_out, unix_sockets, names_that_do_not_fit, a_listener_stops_itself,
	 accepting_survives_a_lack_of_descriptors, EK_ROWS(udp_asks_and_answers, addresses),
	 udp_outlives_an_unreachable_peer_and_closes_in_its_callback)
