# SPDX-License-Identifier: Apache-2.0
build() {
	run_cmake -DLIBUV_BUILD_TESTS=OFF -DLIBUV_BUILD_BENCH=OFF
	cmake --build .build -j "$JOBS" --target uv_a
	cp .build/libuv_a.a "$PREFIX/lib/libuv.a"
	cp -r include/uv.h include/uv "$PREFIX/include/"
}
