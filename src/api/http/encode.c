/* SPDX-License-Identifier: Apache-2.0 */
#include "encode.h"

#include <ekube/clock.h>
#include <ekube/schema.h>
#include <ekube/str.h>

int encoder_init(struct encoder *e, const struct ek_kind *kind, const char *accept,
		 const struct query *q, struct ek_err *err)
{
	const char *include = query_get(q, "includeObject");
	int rc;

	*e = (struct encoder){ .kind = kind,
			       .include = ek_str_empty(include) ? "Metadata" : include };
	rc = media_negotiate(accept, &e->choice, err);
	if (rc < 0)
		return rc;
	if (e->choice.as == AS_TABLE && !ek_streq(e->include, "None") &&
	    !ek_streq(e->include, "Metadata") && !ek_streq(e->include, "Object"))
		return ek_fail(err, EK_EBADREQUEST, "unrecognized includeObject value: \"%.80s\"",
			       e->include);
	return 0;
}

const char *encoder_type(const struct encoder *e)
{
	return e->choice.media == MEDIA_YAML ? "application/yaml" : "application/json";
}

int encode_json(const struct encoder *e, const struct ek_json *v, struct ek_buf *out)
{
	return e->choice.media == MEDIA_YAML ? ek_yaml_write(v, out) : ek_json_write(v, out);
}

static struct ek_json *partial(const struct encoder *e, struct ek_object *o)
{
	EK_FREE char *version = ek_str_fmt("meta.k8s.io/%s", e->choice.meta_version);

	return ek_json_make("{'kind':'PartialObjectMetadata','apiVersion':%s,'metadata':%v}",
			    version, ek_json_get(ek_object_tree(o), "metadata"));
}

static struct ek_json *table_row(const struct encoder *e, struct ek_object *o)
{
	EK_JSON struct ek_json *cells =
		ek_table_cells(e->kind, ek_object_tree(o), ek_clock_wall_us());
	EK_JSON struct ek_json *object = NULL;

	if (ek_streq(e->include, "Object"))
		object = ek_json_ref(ek_object_tree(o));
	else if (ek_streq(e->include, "Metadata"))
		object = partial(e, o);
	return ek_json_make("{'cells':%v,'object':%v}", cells, object);
}

static struct ek_json *table(const struct encoder *e, struct ek_object *o, bool with_columns)
{
	EK_FREE char *version = ek_str_fmt("meta.k8s.io/%s", e->choice.meta_version);
	EK_JSON struct ek_json *columns = with_columns ? ek_table_columns(e->kind) :
							 ek_json_array();
	EK_JSON struct ek_json *row = table_row(e, o);

	return ek_json_make("{'kind':'Table','apiVersion':%s,'metadata':{'resourceVersion':%v},"
			    "'columnDefinitions':%v,'rows':[%v]}",
			    version, ek_json_at(ek_object_tree(o), "metadata.resourceVersion"),
			    columns, row);
}

static int write_view(const struct encoder *e, struct ek_object *o, bool first, struct ek_buf *out)
{
	EK_JSON struct ek_json *v = NULL;
	int rc;

	switch (e->choice.as) {
	case AS_TABLE:
		v = table(e, o, first);
		break;
	case AS_PARTIAL:
	case AS_PARTIAL_LIST:
		v = partial(e, o);
		break;
	default:
		if (e->choice.media == MEDIA_JSON)
			return ek_object_write(o, out);
		return ek_yaml_write(ek_object_tree(o), out);
	}
	rc = encode_json(e, v, out);
	return rc;
}

int encode_object(const struct encoder *e, struct ek_object *o, struct ek_buf *out)
{
	return write_view(e, o, true, out);
}

int encode_list_head(const struct encoder *e, struct ek_buf *out)
{
	char api_version[96];

	switch (e->choice.as) {
	case AS_TABLE: {
		EK_JSON struct ek_json *columns = ek_table_columns(e->kind);

		(void)ek_buf_fmt(
			out,
			"{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/%s\",\"columnDefinitions\":",
			e->choice.meta_version);
		(void)ek_json_write(columns, out);
		return ek_buf_str(out, ",\"rows\":[");
	}
	case AS_PARTIAL:
	case AS_PARTIAL_LIST:
		return ek_buf_fmt(
			out,
			"{\"kind\":\"PartialObjectMetadataList\",\"apiVersion\":\"meta.k8s.io/%s\",\"items\":[",
			e->choice.meta_version);
	default:
		return ek_buf_fmt(out, "{\"kind\":\"%sList\",\"apiVersion\":\"%s\",\"items\":[",
				  e->kind->kind, ek_kind_api_version(e->kind, api_version));
	}
}

int encode_list_item(const struct encoder *e, struct ek_object *o, bool first, struct ek_buf *out)
{
	EK_JSON struct ek_json *v = NULL;

	if (!first)
		(void)ek_buf_char(out, ',');
	switch (e->choice.as) {
	case AS_TABLE:
		v = table_row(e, o);
		return ek_json_write(v, out);
	case AS_PARTIAL:
	case AS_PARTIAL_LIST:
		v = partial(e, o);
		return ek_json_write(v, out);
	default:
		return ek_object_write_item(o, out);
	}
}

int encode_list_tail(const struct encoder *e, int64_t rev, const char *next, int64_t remaining,
		     struct ek_buf *out)
{
	(void)e;
	(void)ek_buf_fmt(out, "],\"metadata\":{\"resourceVersion\":\"%" PRId64 "\"", rev);
	if (next)
		(void)ek_buf_fmt(out, ",\"continue\":\"%s\"", next);
	if (next && remaining > 0)
		(void)ek_buf_fmt(out, ",\"remainingItemCount\":%" PRId64, remaining);
	return ek_buf_str(out, "}}\n");
}

int encode_event(const struct encoder *e, const char *type, struct ek_object *o, bool first,
		 struct ek_buf *out)
{
	int rc;

	(void)ek_buf_fmt(out, "{\"type\":\"%s\",\"object\":", type);
	rc = write_view(e, o, first, out);
	return rc < 0 ? rc : ek_buf_str(out, "}\n");
}
