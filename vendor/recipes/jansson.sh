# SPDX-License-Identifier: Apache-2.0
build() {
	run_cmake -DJANSSON_BUILD_DOCS=OFF -DJANSSON_WITHOUT_TESTS=ON -DJANSSON_EXAMPLES=OFF
	cmake --build .build -j "$JOBS"
	cp .build/lib/libjansson.a "$PREFIX/lib/"
	cp .build/include/jansson.h .build/include/jansson_config.h "$PREFIX/include/"
}
