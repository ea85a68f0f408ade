# SPDX-License-Identifier: Apache-2.0
build() {
	make -C libcap libcap.a CC="$CC" BUILD_CC="$BUILD_CC" AR="$AR" RANLIB="$RANLIB" \
		CFLAGS="$CFLAGS -Iinclude -I\$(PWD)/include" USE_GPERF=no SHARED=no PTHREADS=no
	cp libcap/libcap.a "$PREFIX/lib/"
	mkdir -p "$PREFIX/include/sys"
	cp libcap/include/sys/capability.h "$PREFIX/include/sys/"
}
