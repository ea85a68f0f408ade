# SPDX-License-Identifier: Apache-2.0
# Only the in-memory codec: the gz* file functions are left out.
build() {
	cc_archive libz.a -DHAVE_UNISTD_H -- adler32.c crc32.c deflate.c inffast.c inflate.c \
		inftrees.c trees.c zutil.c compress.c uncompr.c
	cp zlib.h zconf.h "$PREFIX/include/"
}
