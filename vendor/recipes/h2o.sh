# SPDX-License-Identifier: Apache-2.0
needs="openssl uv yaml zlib"
# The HTTP server library, compiled directly: its own build wants mruby, wslay and a web server.
# Left out: memcached, FastCGI, the configuration file, and everything that needs a C++ compiler.
build() {
	cc_archive libh2o.a -std=gnu99 -D_GNU_SOURCE -DH2O_USE_LIBUV=1 -DH2O_USE_PICOTLS=0 -Duv_write=ek_h2o_uv_write \
		-Iinclude -Ideps/cloexec -Ideps/golombset -Ideps/klib -Ideps/libgkc \
		-Ideps/libyrmcds -Ideps/neverbleed -Ideps/picohttpparser -Ideps/picotls/include \
		-Ideps/ssl-conservatory -Ideps/yoml -I"$(dep openssl)/include" -I"$(dep uv)/include" \
		-I"$(dep yaml)/include" -I"$(dep zlib)/include" -w -- \
		$VENDOR/h2o-stubs.c deps/cloexec/cloexec.c deps/picohttpparser/picohttpparser.c \
		$(ls lib/common/*.c | grep -v memcached.c) lib/core/*.c lib/tunnel.c lib/http1.c \
		lib/http2/*.c lib/handler/chunked.c lib/handler/headers_util.c lib/handler/errordoc.c \
		lib/handler/mimemap.c lib/handler/configurator/headers_util.c
	cp -r include/h2o.h include/h2o "$PREFIX/include/"
}
