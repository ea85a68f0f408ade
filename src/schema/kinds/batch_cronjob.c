/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field job_template_spec_rows[] = {
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &ek_type_batch_job_spec, .doc = "What is wanted." },
};
static EK_TYPE(job_template_spec_type, "io.k8s.api.batch.v1.JobTemplateSpec",
	       "The Jobs that a CronJob makes.", job_template_spec_rows);

static const struct ek_field cron_job_spec_rows[] = {
	{ "schedule", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "When, as cron says it." },
	{ "timeZone", EK_F_STR, EK_ONE, EK_POINTER, .pb = 8, .doc = "Time zone of the schedule." },
	{ "startingDeadlineSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 2, .max = EK_NO_MAX,
	  .doc = "How late a Job may start." },
	{ "concurrencyPolicy", EK_F_STR, .pb = 3, .go = "v1.ConcurrencyPolicy", .dflt = "\"Allow\"",
	  .one_of = EK_ONE_OF("Allow", "Forbid", "Replace"), .doc = "Allow, Forbid or Replace." },
	{ "suspend", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4, .dflt = "false",
	  .doc = "Whether it makes no more Jobs." },
	{ "jobTemplate", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 5, .of = &job_template_spec_type,
	  .doc = "The Jobs it makes." },
	{ "successfulJobsHistoryLimit", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 6, .max = EK_NO_MAX,
	  .dflt = "3", .doc = "How many Jobs that succeeded to keep; 3 by default." },
	{ "failedJobsHistoryLimit", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 7, .max = EK_NO_MAX, .dflt = "1",
	  .doc = "How many Jobs that failed to keep; 1 by default." },
};
static EK_TYPE(cron_job_spec_type, "io.k8s.api.batch.v1.CronJobSpec", "What is wanted of a CronJob.",
	       cron_job_spec_rows);

static const struct ek_field cron_job_status_rows[] = {
	{ "active", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &ek_type_object_reference,
	  .doc = "Jobs that are running." },
	{ "lastScheduleTime", EK_F_TIME, EK_ONE, EK_POINTER, .pb = 4, .doc = "When it last made one." },
	{ "lastSuccessfulTime", EK_F_TIME, EK_ONE, EK_POINTER, .pb = 5, .doc = "When one last succeeded." },
};
static EK_TYPE(cron_job_status_type, "io.k8s.api.batch.v1.CronJobStatus", "What a CronJob has done.",
	       cron_job_status_rows);

static const struct ek_field cron_job_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &cron_job_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &cron_job_status_type, .doc = "What there is now." },
};
static EK_TYPE(cron_job_type, "io.k8s.api.batch.v1.CronJob", "Makes Jobs by a schedule.", cron_job_rows);

EK_CELL(cell_time_zone)
{
	const char *zone = ek_json_str_at(obj, "spec.timeZone");

	return ek_json_new_str(zone ? zone : "<none>");
}

EK_CELL(cell_suspend)
{
	const struct ek_json *suspend = ek_json_at(obj, "spec.suspend");

	if (!suspend)
		return ek_json_new_str("<unset>");
	return ek_json_new_str(ek_json_bool(suspend, false) ? "True" : "False");
}

EK_CELL(cell_active)
{
	return ek_json_new_int((int64_t)ek_json_len(ek_json_at(obj, "status.active")));
}

EK_CELL(cell_last)
{
	const char *last = ek_json_str_at(obj, "status.lastScheduleTime");

	return last ? ek_cell_since(last, now_us) : ek_json_new_str("<none>");
}

EK_CELL(cell_containers)
{
	return ek_cell_members(ek_json_at(obj, "spec.jobTemplate.spec.template.spec.containers"), "name");
}

EK_CELL(cell_images)
{
	return ek_cell_members(ek_json_at(obj, "spec.jobTemplate.spec.template.spec.containers"), "image");
}

EK_CELL(cell_selector)
{
	return ek_cell_label_selector(ek_json_at(obj, "spec.jobTemplate.spec.selector"));
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Schedule", .type = "string", .doc = "When it makes Jobs.", .path = "spec.schedule" },
	{ .name = "Timezone", .type = "string", .doc = "Time zone of the schedule.", .cell = cell_time_zone },
	{ .name = "Suspend", .type = "boolean", .doc = "Whether it makes no more.", .cell = cell_suspend },
	{ .name = "Active", .type = "integer", .doc = "How many are running.", .cell = cell_active },
	{ .name = "Last Schedule", .type = "string", .doc = "When it last made one.", .cell = cell_last },
	EK_COLUMN_AGE,
	{ .name = "Containers", .type = "string", .priority = 1, .doc = "Names of the template's containers.",
	  .cell = cell_containers },
	{ .name = "Images", .type = "string", .priority = 1, .doc = "Images of the template's containers.",
	  .cell = cell_images },
	{ .name = "Selector", .type = "string", .priority = 1, .doc = "Which pods belong to its Jobs.",
	  .cell = cell_selector },
	{ 0 },
};

static const struct ek_subresource subresources[] = {
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

const struct ek_kind ek_kind_cronjob = {
	.group = "batch", .version = "v1", .kind = "CronJob",
	.plural = "cronjobs", .singular = "cronjob",
	.short_names = (const char *const[]){ "cj", NULL },
	.categories = (const char *const[]){ "all", NULL },
	.namespaced = true,
	.verbs = EK_V_ALL,
	.subresources = subresources,
	.type = &cron_job_type,
	.columns = columns,
};
