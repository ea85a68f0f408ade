# SPDX-License-Identifier: Apache-2.0
# The decompressor alone; its x86-64 assembly is left out to build the same on every machine.
build() {
	cc_archive libzstd.a -DZSTD_DISABLE_ASM -DZSTD_LEGACY_SUPPORT=0 -DXXH_NAMESPACE=ZSTD_ \
		-- lib/common/*.c lib/decompress/*.c
	cp lib/zstd.h lib/zstd_errors.h "$PREFIX/include/"
}
