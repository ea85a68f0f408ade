/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The contract between ekube and the shim, a program of its own that holds one container (or
 * one exec) while ekube comes and goes. Both sides include this file; it needs libc only.
 *
 * ---- running a container -------------------------------------------------------------------
 *	cd <state>/containers/<id>; ekube-shim run [options] -- <runtime> <its arguments>
 *
 * The runtime's command must create *and* start the container, detach, and leave the number of
 * its first process in the file "pid" here:
 *	runc --root R --log /dev/null run --detach --bundle B --pid-file <dir>/pid \
 *		[--console-socket {console}] ID
 * (With --log runc's stderr is the plain message, without it a line of log.) One runtime process
 * instead of two, create and start, is the shortest way to a running container. An argument
 * that is exactly "{console}" is replaced by the path of the shim's console socket.
 *
 *	-l PATH   the log file (its folder exists)
 *	-s BYTES  rotate it above this size            -n FILES  keep so many, the current one included
 *	-i MODE   stdin: "none" (/dev/null), "keep" (open until the end), "once" (closed when the
 *	          first client that feeds it goes; not on a terminal)
 *	-t        the container has a terminal
 *	-o PATH   memory.events or memory.oom_control of the container's cgroup
 *
 * The process that ekube started stays until the runtime has come to an end, then exits: 0 when
 * the container runs, 1 with one line on stderr when it could not be started. What goes on is
 * its child, in a session of its own, a subreaper: the container's first process becomes its child.
 * It ignores TERM, INT and HUP: it ends after the container, never before.
 *
 * ---- files: `key value` lines, each file complete from the moment it has its name -------------
 *	shim      pid, start (clock ticks, field 22 of /proc/<pid>/stat), boot (boot_id)
 *	          Linked, never replaced: who makes it first owns the folder. ekube, after a crash,
 *	          makes it itself with pid 0 when it finds none, and a shim that comes late gives up.
 *	started   pid, start, wall (ns since 1970), mono (ms, CLOCK_BOOTTIME)
 *	exit      code (128 + signal when killed), signal, oom, started_wall, finished_wall,
 *	          started_mono, finished_mono, log_lost (bytes); error <text> when it never ran.
 *	          Written last, after the log is complete. When the process of "shim" is gone and
 *	          there is no "exit", somebody killed the shim.
 *	attach    a unix stream socket, there before "shim" is
 *
 * ---- attach: frames of 4 bytes (type, 0, length as two bytes, low one first) and a payload -------
 * A client says HELLO once, then may feed stdin. Output comes from the next bytes on, to every
 * client that asked for it. A client that takes nothing for EK_SHIM_STALL_MS is dropped: until
 * then it holds the container back, as a terminal would, and never longer. End of stream is the
 * end of the container (or of the shim): the files tell.
 *
 * ---- one exec ---------------------------------------------------------------------------------
 *	ekube-shim exec -p PIDFILE -- <runtime> <its arguments>
 *
 * The runtime's command must detach and leave the number of the process in PIDFILE. Its stdio is
 * the shim's, which keeps none of it. Descriptor 3 gets the lines "started <pid>", "exit <code>",
 * or "failed <status of the runtime>". TERM kills what was started; then "exit 137" comes.
 *
 * ---- a PID namespace that containers share -------------------------------------------------------
 *	ekube-shim pause FILE
 *
 * Waits for one byte on stdin (by then it is in its cgroup; none comes: it gives up), makes the namespace with a
 * process that stays as its first, pins it to FILE and exits with 0.
 */

#define EK_SHIM_F_SHIM    "shim"
#define EK_SHIM_F_STARTED "started"
#define EK_SHIM_F_EXIT    "exit"
#define EK_SHIM_F_PID     "pid"
#define EK_SHIM_F_ATTACH  "attach"
#define EK_SHIM_CONSOLE   "{console}"

enum {
	EK_SHIM_LINE_MAX = 16 * 1024,   /* longer lines are written in parts, tagged P */
	EK_SHIM_CLIENTS_MAX = 8,        /* more are turned away */
	EK_SHIM_STALL_MS = 5 * 1000,
	EK_SHIM_RUNTIME_MS = 120 * 1000, /* then the runtime is killed */
	EK_SHIM_ERROR_MAX = 2048,       /* of what the runtime said */
	EK_SHIM_STATUS_FD = 3,
	EK_SHIM_FRAME_MAX = 0xffff,
	EK_SHIM_HEADER = 4,
};

enum ek_shim_frame {
	/* to the shim */
	EK_SHIM_HELLO = 1,  /* one byte: EK_SHIM_WANT_* */
	EK_SHIM_IN = 2,     /* bytes for stdin; empty: no more will come */
	EK_SHIM_RESIZE = 3, /* columns, rows: two bytes each, low one first */
	/* to the client */
	EK_SHIM_OUT = 16,
	EK_SHIM_ERR = 17,
	EK_SHIM_IS_STARTED = 18, /* empty; sent to all, at once to who comes later */
};

enum {
	EK_SHIM_WANT_IN = 1,
	EK_SHIM_WANT_OUT = 2,
	EK_SHIM_WANT_ERR = 4,
};
