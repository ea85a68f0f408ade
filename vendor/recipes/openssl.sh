# SPDX-License-Identifier: Apache-2.0
# TLS 1.2 and 1.3, X.509, EC, RSA, AES, ChaCha20, SHA-1/2/3, HMAC, JWT's needs; nothing older.
# no-ui-console goes with it: keys with a passphrase are refused, there is nobody to ask.
# /etc/ssl is where the machine's own trusted certificates are.
build() {
	case $ARCH in
	x86_64)  target=linux-x86_64 ;;
	aarch64) target=linux-aarch64 ;;
	arm*)    target=linux-armv4 ;;
	riscv64) target=linux64-riscv64 ;;
	*)       target=linux-generic32 ;;
	esac
	CFLAGS="$CFLAGS" ./Configure $target CC="$CC" AR="$AR" RANLIB="$RANLIB" --release \
		--prefix="$PREFIX" --openssldir=/etc/ssl --libdir=lib \
		no-shared no-pic no-dso no-module no-engine no-tests no-async no-afalgeng no-legacy \
		no-comp no-multiblock no-autoload-config no-ui-console no-makedepend no-filenames \
		no-ssl3 no-tls1 no-tls1_1 no-dtls no-srp no-psk no-srtp no-nextprotoneg \
		no-cmp no-cms no-ct no-ts no-ocsp no-gost no-rfc3779 no-weak-ssl-ciphers \
		no-aria no-bf no-blake2 no-camellia no-cast no-des no-dsa no-idea no-md4 no-mdc2 \
		no-rc2 no-rc4 no-rc5 no-rmd160 no-scrypt no-seed no-siphash no-siv no-sm2 no-sm3 \
		no-sm4 no-whirlpool no-ec2m no-ocb
	make -j "$JOBS" build_libs
	cp libssl.a libcrypto.a "$PREFIX/lib/"
	mkdir -p "$PREFIX/include/openssl"
	cp include/openssl/*.h "$PREFIX/include/openssl/"
}
