# SPDX-License-Identifier: Apache-2.0
build() {
	run_cmake -DCHECK_ENABLE_TESTS=OFF -DCHECK_ENABLE_TIMEOUT_TESTS=OFF -DHAVE_SUBUNIT=0 \
		-DCHECK_ENABLE_SUBUNIT=OFF
	cmake --build .build -j "$JOBS" --target check
	find .build -name libcheck.a -exec cp {} "$PREFIX/lib/" \;
	cp .build/src/check.h .build/check_stdint.h "$PREFIX/include/"
}
