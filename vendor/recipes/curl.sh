# SPDX-License-Identifier: Apache-2.0
needs="openssl"
# The last two patches rename the library for other TLS back ends: Debian applies them in copies.
skip_patches="90_gnutls.patch 99_nss.patch"
build() {
	ssl=$(dep openssl)
	run_cmake -DBUILD_CURL_EXE=OFF -DBUILD_SHARED_LIBS=OFF -DBUILD_TESTING=OFF \
		-DENABLE_MANUAL=OFF -DHTTP_ONLY=ON -DPICKY_COMPILER=OFF -DCURL_ENABLE_EXPORT_TARGET=OFF \
		-DENABLE_THREADED_RESOLVER=ON -DENABLE_IPV6=ON -DCURL_USE_OPENSSL=ON \
		-DCURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG=ON -DCURL_ZLIB=OFF -DUSE_NGHTTP2=OFF \
		-DUSE_LIBIDN2=OFF -DCURL_USE_LIBPSL=OFF -DCURL_USE_LIBSSH2=OFF \
		-DCURL_DISABLE_ALTSVC=ON -DCURL_DISABLE_COOKIES=ON -DCURL_DISABLE_DOH=ON \
		-DCURL_DISABLE_HSTS=ON -DCURL_DISABLE_NETRC=ON -DCURL_DISABLE_NTLM=ON \
		-DCURL_DISABLE_GETOPTIONS=ON -DCURL_DISABLE_MIME=ON \
		-DCURL_CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt -DCURL_CA_PATH=none \
		-DOPENSSL_INCLUDE_DIR="$ssl/include" -DOPENSSL_SSL_LIBRARY="$ssl/lib/libssl.a" \
		-DOPENSSL_CRYPTO_LIBRARY="$ssl/lib/libcrypto.a" -DOPENSSL_USE_STATIC_LIBS=ON
	cmake --build .build -j "$JOBS" --target libcurl
	find .build -name libcurl.a -exec cp {} "$PREFIX/lib/" \;
	mkdir -p "$PREFIX/include/curl"
	cp include/curl/*.h "$PREFIX/include/curl/"
}
