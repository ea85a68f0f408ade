/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Tell the service manager how we are (sd_notify(3)): "READY=1", "STOPPING=1". Nothing happens when
 * nobody asked ($NOTIFY_SOCKET is not set).
 */
void notify_manager(const char *state);
