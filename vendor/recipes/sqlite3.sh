# SPDX-License-Identifier: Apache-2.0
# The amalgamation is made with the machine's own compiler and tclsh, then compiled as one file.
#   THREADSAFE=2   a connection is used by one thread at a time, which the store guarantees
#   DQS=0          "text" is never silently a string
#   TEMP_STORE=2   sorting does not touch the flash
#   USE_PREAD, HAVE_FDATASYNC   what configure would find: one syscall less, less metadata written
build() {
	CC=$BUILD_CC CFLAGS=-O0 ./configure --disable-shared --disable-readline --disable-tcl
	make sqlite3.c sqlite3.h
	cc_archive libsqlite3.a -DSQLITE_THREADSAFE=2 -DSQLITE_DQS=0 -DSQLITE_TEMP_STORE=2 \
		-DSQLITE_DEFAULT_MEMSTATUS=0 -DSQLITE_LIKE_DOESNT_MATCH_BLOBS -DSQLITE_USE_ALLOCA \
		-DSQLITE_OMIT_LOAD_EXTENSION -DSQLITE_OMIT_DEPRECATED -DSQLITE_OMIT_SHARED_CACHE \
		-DSQLITE_OMIT_JSON -DSQLITE_OMIT_TCL_VARIABLE -DSQLITE_OMIT_GET_TABLE \
		-DSQLITE_OMIT_AUTHORIZATION -DSQLITE_OMIT_DESERIALIZE -DSQLITE_OMIT_COMPLETE \
		-DUSE_PREAD=1 -DHAVE_FDATASYNC=1 -DHAVE_USLEEP=1 -DHAVE_GMTIME_R=1 \
		-DHAVE_LOCALTIME_R=1 -DHAVE_ISNAN=1 -DHAVE_STRCHRNUL=1 -DHAVE_POSIX_FALLOCATE=1 \
		-- sqlite3.c
	cp sqlite3.h "$PREFIX/include/"
}
