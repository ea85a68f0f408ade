# SPDX-License-Identifier: Apache-2.0
needs="zlib zstd"
# Reading tar, gzip and zstd is wanted. The other formats are compiled but never linked.
build() {
	run_cmake -DENABLE_MBEDTLS=OFF -DENABLE_NETTLE=OFF -DENABLE_OPENSSL=OFF -DENABLE_LIBB2=OFF \
		-DENABLE_LZ4=OFF -DENABLE_LZO=OFF -DENABLE_LZMA=OFF -DENABLE_BZip2=OFF \
		-DENABLE_LIBXML2=OFF -DENABLE_EXPAT=OFF -DENABLE_PCREPOSIX=OFF -DENABLE_LIBGCC=OFF \
		-DENABLE_CNG=OFF -DENABLE_TAR=OFF -DENABLE_CPIO=OFF -DENABLE_CAT=OFF \
		-DENABLE_XATTR=OFF -DENABLE_ACL=OFF -DENABLE_ICONV=OFF -DENABLE_TEST=OFF \
		-DENABLE_INSTALL=OFF -DPOSIX_REGEX_LIB=NONE \
		-DZLIB_INCLUDE_DIR="$(dep zlib)/include" -DZLIB_LIBRARY="$(dep zlib)/lib/libz.a" \
		-DZSTD_INCLUDE_DIR="$(dep zstd)/include" -DZSTD_LIBRARY="$(dep zstd)/lib/libzstd.a"
	cmake --build .build -j "$JOBS" --target archive_static
	cp .build/libarchive/libarchive.a "$PREFIX/lib/"
	cp libarchive/archive.h libarchive/archive_entry.h "$PREFIX/include/"
}
