# SPDX-License-Identifier: Apache-2.0
# The compiler and the flags of every library; sourced by vendor/build. LIBC is musl or glibc,
# CROSS a GNU triple such as aarch64-linux-gnu, or empty for this machine.

LIBC=${LIBC:-musl}
CROSS=${CROSS:-}
ARCH=${CROSS%%-*}
ARCH=${ARCH:-$(uname -m)}
TRIPLE=${CROSS:-$(gcc -dumpmachine)}
PROFILE=$LIBC-$ARCH

BUILD_CC=gcc
AR=${CROSS:+$CROSS-}ar
RANLIB=${CROSS:+$CROSS-}ranlib

# musl-gcc hides /usr/include; this directory gives back the kernel's headers and nothing else.
KERNEL_HEADERS=$CACHE/kernel-headers-$ARCH

case $LIBC-${CROSS:+cross} in
musl-)      CC="musl-gcc -idirafter $KERNEL_HEADERS" ;;
musl-cross) CC="$CROSS-gcc -specs $CACHE/musl-$ARCH/lib/musl-gcc.specs -idirafter $KERNEL_HEADERS" ;;
glibc-*)    CC="${CROSS:+$CROSS-}gcc" ;;
*)          echo "vendor: LIBC is musl or glibc, not '$LIBC'" >&2; exit 2 ;;
esac

# -fno-pie: the program is not position independent, see the Makefile. No unwind tables: C needs
# none, and they would be a tenth of the binary. The two 64s matter on 32-bit machines only.
CFLAGS="-Os -fno-pie -ffunction-sections -fdata-sections -fstack-protector-strong"
CFLAGS="$CFLAGS -fno-asynchronous-unwind-tables -fno-unwind-tables -fno-ident"
CFLAGS="$CFLAGS -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64"
LDFLAGS="-static -no-pie"
