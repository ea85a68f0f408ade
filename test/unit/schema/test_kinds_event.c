/* SPDX-License-Identifier: Apache-2.0 */

/* One object in two groups: what Go's conversions make of it, members in Go's order. */

#include <ek_test.h>
#include <schema/schema_types.h>

#include <ekube/base.h>

#define META "'metadata':{'name':'a','namespace':'n','creationTimestamp':null}"

static const struct {
	const char *stored, *here;
} rows[] = {
	/* as a kubelet reports it through core */
	{ "{'kind':'Event','apiVersion':'v1'," META ",'involvedObject':{'kind':'Pod','name':'p'},'reason':'Started',"
	  "'message':'hello','source':{'component':'kubelet','host':'h'},'firstTimestamp':'2024-01-01T00:00:00Z',"
	  "'lastTimestamp':'2024-01-01T00:00:05Z','count':3,'type':'Normal','eventTime':null,'reportingComponent':'',"
	  "'reportingInstance':''}",
	  "{'kind':'Event','apiVersion':'events.k8s.io/v1'," META ",'eventTime':null,'reason':'Started',"
	  "'regarding':{'kind':'Pod','name':'p'},'note':'hello','type':'Normal','deprecatedSource':"
	  "{'component':'kubelet','host':'h'},'deprecatedFirstTimestamp':'2024-01-01T00:00:00Z',"
	  "'deprecatedLastTimestamp':'2024-01-01T00:00:05Z','deprecatedCount':3}" },
	/* as the scheduler reports it through events.k8s.io */
	{ "{'kind':'Event','apiVersion':'v1'," META ",'involvedObject':{'kind':'Pod','name':'p'},'reason':'Scheduled',"
	  "'message':'assigned','source':{},'firstTimestamp':null,'lastTimestamp':null,'type':'Normal',"
	  "'eventTime':'2024-01-01T00:00:00.000001Z','series':{'count':2,'lastObservedTime':"
	  "'2024-01-01T00:00:09.000000Z'},'action':'Binding','related':{'kind':'Node'},'reportingComponent':"
	  "'default-scheduler','reportingInstance':'default-scheduler-h'}",
	  "{'kind':'Event','apiVersion':'events.k8s.io/v1'," META ",'eventTime':'2024-01-01T00:00:00.000001Z',"
	  "'series':{'count':2,'lastObservedTime':'2024-01-01T00:00:09.000000Z'},'reportingController':"
	  "'default-scheduler','reportingInstance':'default-scheduler-h','action':'Binding','reason':'Scheduled',"
	  "'regarding':{'kind':'Pod','name':'p'},'related':{'kind':'Node'},'note':'assigned','type':'Normal',"
	  "'deprecatedSource':{},'deprecatedFirstTimestamp':null,'deprecatedLastTimestamp':null}" },
};

static void same(struct ek_json *take_got, const char *want)
{
	EK_JSON struct ek_json *got = take_got, *w = t_json(want);
	EK_FREE char *text = t_text(got), *want_text = t_text(w);

	ck_assert_str_eq(text, want_text);
}

START_TEST(converts)
{
	EK_JSON struct ek_json *stored = t_json(rows[_i].stored), *here = t_json(rows[_i].here);

	same(ek_kind_events_event.from_stored(stored), rows[_i].here);
	same(ek_kind_events_event.to_stored(here), rows[_i].stored);
}
END_TEST

/* Members that decoding would have refused: a reader still gets the object. */
START_TEST(shows_what_is_damaged)
{
	EK_JSON struct ek_json *stored =
		t_json("{'kind':'Event','apiVersion':'v1','count':'x','message':'m'}");

	same(ek_kind_events_event.from_stored(stored),
	     "{'kind':'Event','apiVersion':'events.k8s.io/v1','deprecatedCount':'x','note':'m'}");
}
END_TEST

EK_TESTS("schema/kinds_event", EK_ROWS(converts, rows), shows_what_is_damaged)
