/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

#include <ekube/clock.h>

static const struct ek_field pod_failure_policy_on_exit_codes_requirement_rows[] = {
	{ "containerName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 1, .doc = "Which container; absent for all." },
	{ "operator", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.PodFailurePolicyOnExitCodesOperator",
	  .one_of = EK_ONE_OF("In", "NotIn"), .doc = "In or NotIn." },
	{ "values", EK_F_INT32, EK_LIST, EK_KEEP | EK_LIST_SET, .pb = 3, .doc = "The exit codes." },
};
static EK_TYPE(pod_failure_policy_on_exit_codes_requirement_type,
	       "io.k8s.api.batch.v1.PodFailurePolicyOnExitCodesRequirement", "Exit codes of containers.",
	       pod_failure_policy_on_exit_codes_requirement_rows);

static const struct ek_field pod_failure_policy_on_pod_conditions_pattern_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.PodConditionType", .doc = "Which one." },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus", .dflt = "\"True\"",
	  .one_of = EK_ONE_OF("False", "True", "Unknown"), .doc = "Its status; True by default." },
};
static EK_TYPE(pod_failure_policy_on_pod_conditions_pattern_type,
	       "io.k8s.api.batch.v1.PodFailurePolicyOnPodConditionsPattern", "A condition of a pod.",
	       pod_failure_policy_on_pod_conditions_pattern_rows);

static const struct ek_field pod_failure_policy_rule_rows[] = {
	{ "action", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.PodFailurePolicyAction",
	  .one_of = EK_ONE_OF("Count", "FailIndex", "FailJob", "Ignore"),
	  .doc = "Ignore, FailJob, FailIndex or Count." },
	{ "onExitCodes", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2,
	  .of = &pod_failure_policy_on_exit_codes_requirement_type, .doc = "Exit codes that match." },
	{ "onPodConditions", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 3,
	  .of = &pod_failure_policy_on_pod_conditions_pattern_type,
	  .doc = "Conditions of the pod that match." },
};
static EK_TYPE(pod_failure_policy_rule_type, "io.k8s.api.batch.v1.PodFailurePolicyRule",
	       "What one kind of failure means.", pod_failure_policy_rule_rows);

static const struct ek_field pod_failure_policy_rows[] = {
	{ "rules", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1, .of = &pod_failure_policy_rule_type,
	  .doc = "Rules; the first that matches counts." },
};
static EK_TYPE(pod_failure_policy_type, "io.k8s.api.batch.v1.PodFailurePolicy", "What failures of pods mean.",
	       pod_failure_policy_rows);

static const struct ek_field success_policy_rule_rows[] = {
	{ "succeededIndexes", EK_F_STR, EK_ONE, EK_POINTER, .pb = 1,
	  .doc = "Indexes that must succeed: \"0,2-4\"." },
	{ "succeededCount", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 2, .max = EK_NO_MAX,
	  .doc = "How many of them." },
};
static EK_TYPE(success_policy_rule_type, "io.k8s.api.batch.v1.SuccessPolicyRule", "One way to succeed.",
	       success_policy_rule_rows);

static const struct ek_field success_policy_rows[] = {
	{ "rules", EK_F_OBJ, EK_LIST, EK_KEEP | EK_ATOMIC, .pb = 1, .of = &success_policy_rule_type,
	  .doc = "Rules; one that holds is enough." },
};
static EK_TYPE(success_policy_type, "io.k8s.api.batch.v1.SuccessPolicy", "When enough pods succeeded.",
	       success_policy_rows);

static const struct ek_field job_spec_rows[] = {
	{ "parallelism", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 1, .max = EK_NO_MAX,
	  .doc = "How many pods at the same time." },
	{ "completions", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 2, .max = EK_NO_MAX,
	  .doc = "How many pods must succeed; absent for a queue of work." },
	{ "activeDeadlineSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 3, .max = EK_NO_MAX,
	  .doc = "Seconds it may run before it is failed." },
	{ "podFailurePolicy", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &pod_failure_policy_type,
	  .doc = "What failures of pods mean." },
	{ "successPolicy", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 16, .of = &success_policy_type,
	  .doc = "When enough pods succeeded." },
	{ "backoffLimit", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 7, .max = EK_NO_MAX,
	  .doc = "How many failures before it is failed; 6 by default." },
	{ "backoffLimitPerIndex", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 12, .max = EK_NO_MAX,
	  .doc = "How many failures of one index." },
	{ "maxFailedIndexes", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 13, .max = EK_NO_MAX,
	  .doc = "How many indexes may fail." },
	{ "selector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_label_selector,
	  .doc = "Which pods are its own; made by the server." },
	{ "manualSelector", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 5,
	  .doc = "Whether selector is the client's own." },
	{ "template", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 6, .of = &ek_type_pod_template_spec,
	  .doc = "The pods it runs." },
	{ "ttlSecondsAfterFinished", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 8, .max = EK_NO_MAX,
	  .doc = "Seconds after its end before it is deleted." },
	{ "completionMode", EK_F_STR, EK_ONE, EK_POINTER, .pb = 9, .go = "v1.CompletionMode",
	  .one_of = EK_ONE_OF("NonIndexed", "Indexed"), .doc = "NonIndexed or Indexed." },
	{ "suspend", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 10, .doc = "Whether its pods wait." },
	{ "podReplacementPolicy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 14, .go = "v1.PodReplacementPolicy",
	  .doc = "Failed or TerminatingOrFailed: when a pod is replaced." },
	{ "managedBy", EK_F_STR, EK_ONE, EK_POINTER, .pb = 15, .doc = "Controller that takes care of it." },
};
EK_TYPE(ek_type_batch_job_spec, "io.k8s.api.batch.v1.JobSpec", "What is wanted of a Job.", job_spec_rows);

static const struct ek_field job_condition_rows[] = {
	{ "type", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .go = "v1.JobConditionType", .doc = "Which one." },
	{ "status", EK_F_STR, EK_ONE, EK_KEEP, .pb = 2, .go = "v1.ConditionStatus",
	  .doc = "True, False or Unknown." },
	{ "lastProbeTime", EK_F_TIME, .pb = 3, .doc = "When it was last looked at." },
	{ "lastTransitionTime", EK_F_TIME, .pb = 4, .doc = "When the status last changed." },
	{ "reason", EK_F_STR, .pb = 5, .doc = "Why, as one CamelCase word." },
	{ "message", EK_F_STR, .pb = 6, .doc = "Why, for people." },
};
static EK_TYPE(job_condition_type, "io.k8s.api.batch.v1.JobCondition", "One aspect of a Job's state.",
	       job_condition_rows);

static const struct ek_field uncounted_terminated_pods_rows[] = {
	{ "succeeded", EK_F_STR, EK_LIST, EK_LIST_SET, .pb = 1, .go = "types.UID",
	  .doc = "UIDs of those that succeeded." },
	{ "failed", EK_F_STR, EK_LIST, EK_LIST_SET, .pb = 2, .go = "types.UID",
	  .doc = "UIDs of those that failed." },
};
static EK_TYPE(uncounted_terminated_pods_type, "io.k8s.api.batch.v1.UncountedTerminatedPods",
	       "Pods that ended and are not counted yet.", uncounted_terminated_pods_rows);

static const struct ek_field job_status_rows[] = {
	{ "conditions", EK_F_OBJ, EK_LIST, EK_ATOMIC | EK_PATCH_MERGE, .pb = 1, .of = &job_condition_type,
	  .merge_key = "type", .doc = "Complete, Failed, Suspended and others." },
	{ "startTime", EK_F_TIME, EK_ONE, EK_POINTER, .pb = 2, .doc = "When it started." },
	{ "completionTime", EK_F_TIME, EK_ONE, EK_POINTER, .pb = 3, .doc = "When it completed." },
	{ "active", EK_F_INT32, .pb = 4, .max = EK_NO_MAX, .doc = "Pods that are at work." },
	{ "succeeded", EK_F_INT32, .pb = 5, .max = EK_NO_MAX, .doc = "Pods that succeeded." },
	{ "failed", EK_F_INT32, .pb = 6, .max = EK_NO_MAX, .doc = "Pods that failed." },
	{ "terminating", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 11, .max = EK_NO_MAX,
	  .doc = "Pods that are going away." },
	{ "completedIndexes", EK_F_STR, .pb = 7, .doc = "Indexes that succeeded: \"0,2-4\"." },
	{ "failedIndexes", EK_F_STR, EK_ONE, EK_POINTER, .pb = 10, .doc = "Indexes that failed." },
	{ "uncountedTerminatedPods", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8,
	  .of = &uncounted_terminated_pods_type, .doc = "Pods that ended and are not counted yet." },
	{ "ready", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 9, .max = EK_NO_MAX, .doc = "Pods that are ready." },
};
static EK_TYPE(job_status_type, "io.k8s.api.batch.v1.JobStatus", "What became of a Job.", job_status_rows);

static const struct ek_field job_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &ek_type_batch_job_spec, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &job_status_type, .doc = "What there is now." },
};
static EK_TYPE(job_type, "io.k8s.api.batch.v1.Job", "Runs pods until enough of them succeeded.", job_rows);

EK_CELL(cell_status)
{
	if (ek_meta_condition_is(obj, "Complete", "True"))
		return ek_json_new_str("Complete");
	if (ek_meta_condition_is(obj, "Failed", "True"))
		return ek_json_new_str("Failed");
	if (ek_meta_deleting(obj))
		return ek_json_new_str("Terminating");
	if (ek_meta_condition_is(obj, "Suspended", "True"))
		return ek_json_new_str("Suspended");
	return ek_json_new_str(ek_meta_condition_is(obj, "FailureTarget", "True") ? "FailureTarget" : "Running");
}

/* "1/3", "1/1 of 4" */
EK_CELL(cell_completions)
{
	int64_t done = ek_json_int_at(obj, "status.succeeded", 0), at_once = ek_json_int_at(obj, "spec.parallelism", 0);
	const struct ek_json *wanted = ek_json_at(obj, "spec.completions");

	if (wanted)
		return ek_json_new_fmt("%" PRId64 "/%" PRId64, done, ek_json_int(wanted, 0));
	if (at_once > 1)
		return ek_json_new_fmt("%" PRId64 "/1 of %" PRId64, done, at_once);
	return ek_json_new_fmt("%" PRId64 "/1", done);
}

EK_CELL(cell_duration)
{
	const char *start = ek_json_str_at(obj, "status.startTime"), *end = ek_json_str_at(obj, "status.completionTime");
	int64_t end_us = now_us;

	if (!start)
		return ek_json_new_str("");
	if (end && ek_time_parse(end, &end_us) < 0)
		return ek_json_new_str("");
	return ek_cell_since(start, end_us);
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Status", .type = "string", .doc = "Running, Complete, Failed and so on.", .cell = cell_status },
	{ .name = "Completions", .type = "string", .doc = "How many pods succeeded, of how many.",
	  .cell = cell_completions },
	{ .name = "Duration", .type = "string", .doc = "How long it took or takes.", .cell = cell_duration },
	EK_COLUMN_AGE,
	EK_COLUMN_CONTAINERS,
	EK_COLUMN_IMAGES,
	EK_COLUMN_SELECTOR,
	{ 0 },
};

static const struct ek_subresource subresources[] = {
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

const struct ek_kind ek_kind_job = {
	.group = "batch", .version = "v1", .kind = "Job",
	.plural = "jobs", .singular = "job",
	.categories = (const char *const[]){ "all", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = subresources,
	.type = &job_type,
	.columns = columns,
	.fields = (const char *const[]){
		"status.successful<status.succeeded=0",
		NULL,
	},
};
