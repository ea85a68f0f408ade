# SPDX-License-Identifier: Apache-2.0
# The C library for another machine (CROSS=...); for this one Debian's musl-tools has it. Its
# specs file names its own place, which is $CACHE/musl-$ARCH whatever version is there.
build() {
	home=$CACHE/musl-$ARCH
	CFLAGS="$CFLAGS" ./configure --host="$TRIPLE" CROSS_COMPILE="$CROSS-" --prefix="$home" \
		--syslibdir="$home/lib" --disable-shared --enable-wrapper=gcc
	make -j "$JOBS"
	make install DESTDIR="$PREFIX/root"
	rm -rf "$PREFIX/include" "$PREFIX/lib"
	mv "$PREFIX/root$home/include" "$PREFIX/root$home/lib" "$PREFIX/"
	rm -rf "$PREFIX/root"
}
