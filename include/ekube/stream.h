/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Byte streams (TCP, unix sockets, pipes, ptys) and UDP on the loop.
 *
 * Reading is pulled: nothing is read until ek_stream_read_start(), and ek_stream_read_stop()
 * pushes back on the peer. Writing is bounded: ek_stream_pending() tells how much is queued;
 * a writer stops feeding above its own limit and goes on in the `drained` callback.
 */

#include <sys/types.h>

#include <ekube/loop.h>

struct ek_stream {
	/* n > 0: data, valid during the call. 0: end of stream. < 0: -errno; no more calls after either. */
	void (*on_read)(struct ek_stream *s, const char *data, ssize_t n);
	void (*on_drained)(struct ek_stream *s);            /* the write queue became empty; may be NULL */
	void (*on_error)(struct ek_stream *s, int rc);      /* a write failed; may be NULL */
	/* private */
	struct ek_loop *loop;
	void *handle;
};

/*
 * Take over a connected descriptor (socket, pipe or tty). Closed with the stream, also when this
 * fails. Its end and its failure are seen only while reading or writing.
 */
int ek_stream_open(struct ek_loop *loop, struct ek_stream *s, int take_fd);

/*
 * Connect; cb fires once with 0 or -errno, never from inside the call, and not at all when the
 * call itself fails. Unix: path; TCP: numeric address. ms bounds the attempt (0: the kernel does).
 * What is written before then is queued. After a failure the stream is closed already.
 */
int ek_stream_connect_unix(struct ek_loop *loop, struct ek_stream *s, const char *path,
			   void (*cb)(struct ek_stream *s, int rc));
int ek_stream_connect_tcp(struct ek_loop *loop, struct ek_stream *s, const char *ip, int port,
			  int64_t ms, void (*cb)(struct ek_stream *s, int rc));

void   ek_stream_read_start(struct ek_stream *s);
void   ek_stream_read_stop(struct ek_stream *s);
/*
 * Copies what the kernel does not take at once. < 0: this write failed (on_error does not fire for
 * it), and so will all later ones; EK_ETOOLARGE: more than 64 MiB would be queued.
 */
int    ek_stream_write(struct ek_stream *s, const void *data, size_t n);
size_t ek_stream_pending(const struct ek_stream *s);
void   ek_stream_shutdown(struct ek_stream *s); /* half-close after what is queued */
void   ek_stream_close(struct ek_stream *s);    /* at once; queued data is dropped; no callbacks after */
/* For what only a descriptor can do (a terminal's size). Borrowed; -1 when closed. */
int ek_stream_fd(const struct ek_stream *s);
static inline bool ek_stream_is_open(const struct ek_stream *s)
{
	return s->handle != NULL;
}

/* Accepts until stopped; the callback owns fd (non-blocking, close-on-exec). */
struct ek_listener {
	void (*on_accept)(struct ek_listener *l, int take_fd);
	/* private */
	struct ek_loop *loop;
	struct ek_poll  poll;
	struct ek_timer pause;   /* no descriptors left: accepting rests for a moment */
	int   fd;
	bool  starved;
	bool *stopped;           /* set by ek_listen_stop() from inside on_accept */
};
/* A socket file that nobody listens on any more is replaced; ek_listen_stop() removes it. */
int  ek_listen_unix(struct ek_loop *loop, struct ek_listener *l, const char *path, unsigned mode,
		    void (*on_accept)(struct ek_listener *l, int take_fd), struct ek_err *err);
int  ek_listen_tcp(struct ek_loop *loop, struct ek_listener *l, const char *ip, int port,
		   void (*on_accept)(struct ek_listener *l, int take_fd), struct ek_err *err);
int  ek_listen_port(const struct ek_listener *l); /* what port 0 became; -errno */
void ek_listen_stop(struct ek_listener *l);       /* harmless when stopped or zeroed */

/* UDP: one bound socket; datagrams above 64 KiB do not exist. */
struct ek_udp_peer {
	uint8_t  sa[28]; /* struct sockaddr_in or _in6 */
	unsigned len;
};
struct ek_udp {
	void (*on_packet)(struct ek_udp *u, const struct ek_udp_peer *from, const char *data, size_t n);
	/* private */
	struct ek_poll poll;
	int   fd;
	bool *closed; /* set by ek_udp_close() from inside on_packet */
};
int  ek_udp_open(struct ek_loop *loop, struct ek_udp *u, const char *ip, int port,
		 void (*on_packet)(struct ek_udp *u, const struct ek_udp_peer *from,
				   const char *data, size_t n),
		 struct ek_err *err);
int  ek_udp_send(struct ek_udp *u, const struct ek_udp_peer *to, const void *data, size_t n);
int  ek_udp_peer(const char *ip, int port, struct ek_udp_peer *ret);
int  ek_udp_port(const struct ek_udp *u); /* what port 0 became; -errno */
void ek_udp_close(struct ek_udp *u);
