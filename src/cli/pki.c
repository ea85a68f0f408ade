/* SPDX-License-Identifier: Apache-2.0 */
#include "pki.h"

#include <ekube/clock.h>
#include <ekube/file.h>
#include <ekube/json.h>
#include <ekube/str.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { MAX_PEM = 64 << 10 };

struct authority {
	char          *cert;
	struct ek_key *key;
};

static void authority_done(struct authority *a)
{
	free(a->cert);
	ek_key_free(a->key);
}

/* ---- one key, one certificate ---- */

static int load_key(int dir, const char *file, struct ek_key **ret, char **ret_pem,
		    struct ek_err *err)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *key = NULL;
	EK_CLEANUP(ek_secret_freep) char *pem = NULL;
	int rc = ek_file_read(dir, file, MAX_PEM, &pem, NULL, err);

	if (rc == -ENOENT) {
		key = ek_key_new();
		pem = ek_key_to_pem(key);
		rc = ek_file_write(dir, file, pem, strlen(pem), 0600, true, err);
	} else if (rc == 0) {
		rc = ek_key_from_pem(pem, &key, err);
	}
	if (rc < 0)
		return ek_wrap(err, rc, "%s", file);
	*ret = ek_steal(key);
	if (ret_pem)
		*ret_pem = ek_steal(pem);
	return 0;
}

static bool has_all(char *const *have, const char *const *want)
{
	for (; want && *want; want++) {
		char *const *h = have;

		while (h && *h && !ek_streq(*h, *want))
			h++;
		if (!h || !*h)
			return false;
	}
	return true;
}

/* A clock that stands at 1970 makes nothing look old. */
static bool is_fresh(const struct ek_cert_info *info)
{
	int64_t life = info->not_after_us - info->not_before_us;

	return info->not_after_us - ek_clock_wall_us() > life / 3;
}

static bool still_fits(const char *pem, const struct ek_cert_spec *spec, const struct ek_key *key,
		       const struct authority *ca)
{
	EK_CLEANUP(ek_cert_info_done) struct ek_cert_info info = { 0 };

	return ek_cert_parse(pem, &info, NULL) == 0 && ek_cert_matches(pem, key) &&
	       ek_streq(info.common_name, spec->common_name) && has_all(info.sans, spec->sans) &&
	       has_all(info.organizations, spec->organizations) && is_fresh(&info) &&
	       (!ca || ek_cert_issued_by(pem, ca->cert));
}

/* ca NULL: the certificate signs itself. */
static int load_cert(int dir, const char *file, const struct ek_cert_spec *spec,
		     const struct ek_key *key, const struct authority *ca, char **ret,
		     struct ek_err *err)
{
	EK_FREE char *pem = NULL;
	int rc = ek_file_read(dir, file, MAX_PEM, &pem, NULL, err);

	if (rc < 0 && rc != -ENOENT)
		return rc;
	if (rc == 0 && still_fits(pem, spec, key, ca)) {
		*ret = ek_steal(pem);
		return 0;
	}
	free(ek_steal(pem));
	rc = ek_cert_sign(spec, key, ca ? ca->cert : NULL, ca ? ca->key : key, &pem, err);
	if (rc == 0)
		rc = ek_file_write(dir, file, pem, strlen(pem), 0644, true, err);
	if (rc < 0)
		return ek_wrap(err, rc, "%s", file);
	*ret = ek_steal(pem);
	return 0;
}

/* An authority is never made anew while its key is there: everything it signed would be lost. */
static int load_authority(int dir, const char *name, struct authority *ret, struct ek_err *err)
{
	EK_FREE char *key_file = ek_str_fmt("%s.key", name),
		     *cert_file = ek_str_fmt("%s.crt", name);
	EK_FREE char *cn = ek_str_fmt("ekube-%s@%" PRId64, name, ek_clock_wall_us() / 1000000);
	struct ek_cert_spec spec = { .common_name = cn, .is_ca = true };
	int rc = load_key(dir, key_file, &ret->key, NULL, err);

	if (rc < 0)
		return rc;
	rc = ek_file_read(dir, cert_file, MAX_PEM, &ret->cert, NULL, err);
	if (rc != -ENOENT)
		return rc;
	return load_cert(dir, cert_file, &spec, ret->key, NULL, &ret->cert, err);
}

static int load_pair(int dir, const char *name, const struct ek_cert_spec *spec,
		     const struct authority *ca, char **ret_cert, char **ret_key,
		     struct ek_err *err)
{
	EK_CLEANUP(ek_key_freep) struct ek_key *key = NULL;
	EK_FREE char *key_file = ek_str_fmt("%s.key", name),
		     *cert_file = ek_str_fmt("%s.crt", name);
	int rc = load_key(dir, key_file, &key, ret_key, err);

	return rc < 0 ? rc : load_cert(dir, cert_file, spec, key, ca, ret_cert, err);
}

static int load_certs(int dir, const struct pki_spec *spec, const struct authority *server_ca,
		      const struct authority *client_ca, struct pki *p, struct ek_err *err)
{
	EK_FREE char *node = ek_str_fmt("system:node:%s", spec->node_name);
	const struct ek_cert_spec serving = { .common_name = "kube-apiserver",
					      .sans = spec->sans,
					      .for_server = true };
	const struct ek_cert_spec admin = { .common_name = "system:admin",
					    .for_client = true,
					    .organizations = (const char *const[]){
						    "system:masters", NULL } };
	const struct ek_cert_spec kubelet = { .common_name = node,
					      .for_client = true,
					      .organizations = (const char *const[]){
						      "system:nodes", NULL } };
	int rc = load_pair(dir, "serving-kube-apiserver", &serving, server_ca, &p->serving_cert,
			   &p->serving_key, err);

	if (rc == 0)
		rc = load_pair(dir, "client-admin", &admin, client_ca, &p->admin_cert,
			       &p->admin_key, err);
	if (rc == 0)
		rc = load_pair(dir, "client-kubelet", &kubelet, client_ca, &p->node_cert,
			       &p->node_key, err);
	return rc;
}

int pki_load(const struct pki_spec *spec, struct pki *ret, struct ek_err *err)
{
	EK_CLEANUP(authority_done) struct authority server_ca = { 0 };
	EK_CLEANUP(authority_done) struct authority client_ca = { 0 };
	EK_CLEANUP(ek_key_freep) struct ek_key *tokens = NULL;
	EK_CLEANUP(pki_done) struct pki p = { 0 };
	EK_CLOSE int dir = -1;
	int rc = ek_dir_make(AT_FDCWD, spec->dir, 0700, err);

	if (rc < 0)
		return rc;
	dir = open(spec->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return ek_fail_errno(err, "open %s", spec->dir);
	rc = load_authority(dir, "server-ca", &server_ca, err);
	if (rc == 0)
		rc = load_authority(dir, "client-ca", &client_ca, err);
	if (rc == 0)
		rc = load_key(dir, "service.key", &tokens, &p.service_account_key, err);
	if (rc == 0)
		rc = load_certs(dir, spec, &server_ca, &client_ca, &p, err);
	if (rc < 0)
		return ek_wrap(err, rc, "certificates in %s", spec->dir);
	p.server_ca = ek_steal(server_ca.cert);
	p.client_ca = ek_steal(client_ca.cert);
	*ret = p;
	p = (struct pki){ 0 };
	return 0;
}

void pki_done(struct pki *p)
{
	free(p->server_ca);
	free(p->client_ca);
	free(p->serving_cert);
	free(p->admin_cert);
	free(p->node_cert);
	ek_secret_freep(&p->serving_key);
	ek_secret_freep(&p->admin_key);
	ek_secret_freep(&p->node_key);
	ek_secret_freep(&p->service_account_key);
	*p = (struct pki){ 0 };
}

static char *base64_text(const char *s)
{
	return ek_base64_encode(s, strlen(s), false);
}

char *pki_kubeconfig(const struct pki *p, const char *server_url, const char *cluster_name)
{
	EK_FREE char *ca = base64_text(p->server_ca), *cert = base64_text(p->admin_cert);
	EK_CLEANUP(ek_secret_freep) char *key = base64_text(p->admin_key);
	EK_JSON struct ek_json *config = ek_json_make(
		"{'apiVersion':'v1','kind':'Config','current-context':%s,'preferences':{},"
		"'clusters':[{'name':%s,'cluster':{'server':%s,'certificate-authority-data':%s}}],"
		"'contexts':[{'name':%s,'context':{'cluster':%s,'user':%s}}],"
		"'users':[{'name':%s,'user':{'client-certificate-data':%s,'client-key-data':%s}}]}",
		cluster_name, cluster_name, server_url, ca, cluster_name, cluster_name,
		cluster_name, cluster_name, cert, key);
	EK_BUF struct ek_buf out = EK_BUF_INIT(1 << 20);

	(void)ek_yaml_write(config, &out);
	return ek_buf_steal(&out);
}
