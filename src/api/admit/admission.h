/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * Admission: a table of plugins that look at an object on its way in, may complete it, and may refuse.
 * They see what the registry has in memory and nothing else, so they never wait.
 */

#include "core.h"

enum ek_admit_op { EK_ADMIT_CREATE = 1, EK_ADMIT_UPDATE = 2, EK_ADMIT_DELETE = 4 };

/*
 * q->obj may be edited (on delete it is the object as it is); q->old is what is stored. 0, or the request has failed.
 */
int ek_admit(struct ek_request *q, enum ek_admit_op op);

/* What the object needs is about to be made by a controller: ask again in a moment. */
bool ek_admit_must_wait(const struct ek_request *q);

/* The refusal of a plugin: `pods "x" is forbidden: ...`, with generateName in place of a missing name. */
int ek_admit_deny(struct ek_request *q, const char *fmt, ...) EK_PRINTF(2, 3);

/* The plugins, one file each or a few that belong together. */
int ek_admit_namespace(struct ek_request *q, enum ek_admit_op op);      /* NamespaceLifecycle */
int ek_admit_limits(struct ek_request *q, enum ek_admit_op op);         /* LimitRanger */
int ek_admit_service_account(struct ek_request *q, enum ek_admit_op op); /* ServiceAccount */
int ek_admit_node_restriction(struct ek_request *q, enum ek_admit_op op);
int ek_admit_node_eviction(struct ek_request *q);                       /* the same, of what is evicted */
int ek_admit_priority(struct ek_request *q, enum ek_admit_op op);       /* Priority, for pods */
int ek_admit_priority_class(struct ek_request *q, enum ek_admit_op op); /* Priority, for its classes */
int ek_admit_tolerations(struct ek_request *q, enum ek_admit_op op);    /* DefaultTolerationSeconds */
int ek_admit_role(struct ek_request *q, enum ek_admit_op op);           /* nobody grants what he does not hold */
int ek_admit_binding(struct ek_request *q, enum ek_admit_op op);
int ek_admit_quota(struct ek_request *q, enum ek_admit_op op);          /* ResourceQuota, the last */
int ek_admit_service(struct ek_request *q, enum ek_admit_op op);        /* addresses and ports */
