/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The Kubernetes version whose API this is, and ekube's own behind the plus sign. */
#define EKUBE_KUBERNETES_VERSION "v1.32.0"
#define EKUBE_GIT_VERSION        EKUBE_KUBERNETES_VERSION "+ekube" EK_VERSION
