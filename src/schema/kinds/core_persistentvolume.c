/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field glusterfs_persistent_volume_source_rows[] = {
	{ "endpoints", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "readOnly", EK_F_BOOL, .pb = 3 },
	{ "endpointsNamespace", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4 },
};
static EK_TYPE(glusterfs_persistent_volume_source_type,
	       "io.k8s.api.core.v1.GlusterfsPersistentVolumeSource", NULL,
	       glusterfs_persistent_volume_source_rows);

static const struct ek_field rbd_persistent_volume_source_rows[] = {
	{ "monitors", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC | EK_REQUIRED, .pb = 1 },
	{ "image", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "fsType", EK_F_STR, .pb = 3 },
	{ "pool", EK_F_STR, .pb = 4, .dflt = "\"rbd\"" },
	{ "user", EK_F_STR, .pb = 5, .dflt = "\"admin\"" },
	{ "keyring", EK_F_STR, .pb = 6, .dflt = "\"/etc/ceph/keyring\"" },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7, .of = &ek_type_secret_reference },
	{ "readOnly", EK_F_BOOL, .pb = 8 },
};
static EK_TYPE(rbd_persistent_volume_source_type, "io.k8s.api.core.v1.RBDPersistentVolumeSource",
	       NULL, rbd_persistent_volume_source_rows);

static const struct ek_field iscsi_persistent_volume_source_rows[] = {
	{ "targetPortal", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "iqn", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "lun", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 3, .max = 255 },
	{ "iscsiInterface", EK_F_STR, .pb = 4, .dflt = "\"default\"" },
	{ "fsType", EK_F_STR, .pb = 5 },
	{ "readOnly", EK_F_BOOL, .pb = 6 },
	{ "portals", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 7 },
	{ "chapAuthDiscovery", EK_F_BOOL, .pb = 8 },
	{ "chapAuthSession", EK_F_BOOL, .pb = 11 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10, .of = &ek_type_secret_reference },
	{ "initiatorName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 12 },
};
static EK_TYPE(iscsi_persistent_volume_source_type,
	       "io.k8s.api.core.v1.ISCSIPersistentVolumeSource", NULL,
	       iscsi_persistent_volume_source_rows);

static const struct ek_field cinder_persistent_volume_source_rows[] = {
	{ "volumeID", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "fsType", EK_F_STR, .pb = 2 },
	{ "readOnly", EK_F_BOOL, .pb = 3 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_secret_reference },
};
static EK_TYPE(cinder_persistent_volume_source_type,
	       "io.k8s.api.core.v1.CinderPersistentVolumeSource", NULL,
	       cinder_persistent_volume_source_rows);

static const struct ek_field ceph_fs_persistent_volume_source_rows[] = {
	{ "monitors", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC | EK_REQUIRED, .pb = 1 },
	{ "path", EK_F_STR, .pb = 2 },
	{ "user", EK_F_STR, .pb = 3 },
	{ "secretFile", EK_F_STR, .pb = 4 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5, .of = &ek_type_secret_reference },
	{ "readOnly", EK_F_BOOL, .pb = 6 },
};
static EK_TYPE(ceph_fs_persistent_volume_source_type,
	       "io.k8s.api.core.v1.CephFSPersistentVolumeSource", NULL,
	       ceph_fs_persistent_volume_source_rows);

static const struct ek_field flex_persistent_volume_source_rows[] = {
	{ "driver", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "fsType", EK_F_STR, .pb = 2 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &ek_type_secret_reference },
	{ "readOnly", EK_F_BOOL, .pb = 4 },
	{ "options", EK_F_STR, EK_MAP, .pb = 5 },
};
static EK_TYPE(flex_persistent_volume_source_type, "io.k8s.api.core.v1.FlexPersistentVolumeSource",
	       NULL, flex_persistent_volume_source_rows);

static const struct ek_field azure_file_persistent_volume_source_rows[] = {
	{ "secretName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "shareName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "readOnly", EK_F_BOOL, .pb = 3 },
	{ "secretNamespace", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 4 },
};
static EK_TYPE(azure_file_persistent_volume_source_type,
	       "io.k8s.api.core.v1.AzureFilePersistentVolumeSource", NULL,
	       azure_file_persistent_volume_source_rows);

static const struct ek_field scale_io_persistent_volume_source_rows[] = {
	{ "gateway", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "system", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_KEEP | EK_POINTER, .pb = 3,
	  .of = &ek_type_secret_reference },
	{ "sslEnabled", EK_F_BOOL, .pb = 4 },
	{ "protectionDomain", EK_F_STR, .pb = 5 },
	{ "storagePool", EK_F_STR, .pb = 6 },
	{ "storageMode", EK_F_STR, .pb = 7, .dflt = "\"ThinProvisioned\"" },
	{ "volumeName", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 8 },
	{ "fsType", EK_F_STR, .pb = 9, .dflt = "\"xfs\"" },
	{ "readOnly", EK_F_BOOL, .pb = 10 },
};
static EK_TYPE(scale_io_persistent_volume_source_type,
	       "io.k8s.api.core.v1.ScaleIOPersistentVolumeSource", NULL,
	       scale_io_persistent_volume_source_rows);

static const struct ek_field local_volume_source_rows[] = {
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "fsType", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2 },
};
static EK_TYPE(local_volume_source_type, "io.k8s.api.core.v1.LocalVolumeSource", NULL,
	       local_volume_source_rows);

static const struct ek_field storage_os_persistent_volume_source_rows[] = {
	{ "volumeName", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 1 },
	{ "volumeNamespace", EK_F_STR, .pb = 2 },
	{ "fsType", EK_F_STR, .pb = 3 },
	{ "readOnly", EK_F_BOOL, .pb = 4 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5, .of = &ek_type_object_reference },
};
static EK_TYPE(storage_os_persistent_volume_source_type,
	       "io.k8s.api.core.v1.StorageOSPersistentVolumeSource", NULL,
	       storage_os_persistent_volume_source_rows);

static const struct ek_field csi_persistent_volume_source_rows[] = {
	{ "driver", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "volumeHandle", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "readOnly", EK_F_BOOL, .pb = 3 },
	{ "fsType", EK_F_STR, .pb = 4 },
	{ "volumeAttributes", EK_F_STR, EK_MAP, .pb = 5 },
	{ "controllerPublishSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 6,
	  .of = &ek_type_secret_reference },
	{ "nodeStageSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7,
	  .of = &ek_type_secret_reference },
	{ "nodePublishSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8,
	  .of = &ek_type_secret_reference },
	{ "controllerExpandSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9,
	  .of = &ek_type_secret_reference },
	{ "nodeExpandSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10,
	  .of = &ek_type_secret_reference },
};
static EK_TYPE(csi_persistent_volume_source_type, "io.k8s.api.core.v1.CSIPersistentVolumeSource",
	       NULL, csi_persistent_volume_source_rows);

static const struct ek_field persistent_volume_source_rows[] = {
	{ "gcePersistentDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1,
	  .of = &ek_type_gce_persistent_disk_volume_source },
	{ "awsElasticBlockStore", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2,
	  .of = &ek_type_aws_elastic_block_store_volume_source },
	{ "hostPath", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3,
	  .of = &ek_type_host_path_volume_source },
	{ "glusterfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4,
	  .of = &glusterfs_persistent_volume_source_type },
	{ "nfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5, .of = &ek_type_nfs_volume_source },
	{ "rbd", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 6, .of = &rbd_persistent_volume_source_type },
	{ "iscsi", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7,
	  .of = &iscsi_persistent_volume_source_type },
	{ "cinder", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8,
	  .of = &cinder_persistent_volume_source_type },
	{ "cephfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9,
	  .of = &ceph_fs_persistent_volume_source_type },
	{ "fc", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10, .of = &ek_type_fc_volume_source },
	{ "flocker", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &ek_type_flocker_volume_source },
	{ "flexVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 12,
	  .of = &flex_persistent_volume_source_type },
	{ "azureFile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 13,
	  .of = &azure_file_persistent_volume_source_type },
	{ "vsphereVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 14,
	  .of = &ek_type_vsphere_virtual_disk_volume_source },
	{ "quobyte", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 15, .of = &ek_type_quobyte_volume_source },
	{ "azureDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 16,
	  .of = &ek_type_azure_disk_volume_source },
	{ "photonPersistentDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 17,
	  .of = &ek_type_photon_persistent_disk_volume_source },
	{ "portworxVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 18,
	  .of = &ek_type_portworx_volume_source },
	{ "scaleIO", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 19,
	  .of = &scale_io_persistent_volume_source_type },
	{ "local", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 20, .of = &local_volume_source_type },
	{ "storageos", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 21,
	  .of = &storage_os_persistent_volume_source_type },
	{ "csi", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 22, .of = &csi_persistent_volume_source_type },
};
static EK_TYPE(persistent_volume_source_type, "io.k8s.api.core.v1.PersistentVolumeSource", NULL,
	       persistent_volume_source_rows);

static const struct ek_field volume_node_affinity_rows[] = {
	{ "required", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &ek_type_node_selector },
};
static EK_TYPE(volume_node_affinity_type, "io.k8s.api.core.v1.VolumeNodeAffinity", NULL,
	       volume_node_affinity_rows);

static const struct ek_field persistent_volume_spec_rows[] = {
	{ "capacity", EK_F_QUANTITY, EK_MAP, EK_REQUIRED, .pb = 1 },
	{ "PersistentVolumeSource", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 2,
	  .of = &persistent_volume_source_type },
	{ "accessModes", EK_F_STR, EK_LIST, EK_ATOMIC | EK_REQUIRED, .pb = 3,
	  .go = "v1.PersistentVolumeAccessMode" },
	{ "claimRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_object_reference },
	{ "persistentVolumeReclaimPolicy", EK_F_STR, .pb = 5,
	  .go = "v1.PersistentVolumeReclaimPolicy", .dflt = "\"Retain\"",
	  .one_of = EK_ONE_OF("Delete", "Recycle", "Retain") },
	{ "storageClassName", EK_F_STR, .pb = 6, .check = ek_name_dns1123_subdomain },
	{ "mountOptions", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 7 },
	{ "volumeMode", EK_F_STR, EK_ONE, EK_POINTER, .pb = 8, .go = "v1.PersistentVolumeMode",
	  .dflt = "\"Filesystem\"", .one_of = EK_ONE_OF("Block", "Filesystem") },
	{ "nodeAffinity", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9, .of = &volume_node_affinity_type },
	{ "volumeAttributesClassName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 10 },
};
static EK_TYPE(persistent_volume_spec_type, "io.k8s.api.core.v1.PersistentVolumeSpec", NULL,
	       persistent_volume_spec_rows);

static const struct ek_field persistent_volume_status_rows[] = {
	{ "phase", EK_F_STR, .pb = 1, .go = "v1.PersistentVolumePhase", .dflt = "\"Pending\"" },
	{ "message", EK_F_STR, .pb = 2 },
	{ "reason", EK_F_STR, .pb = 3 },
	{ "lastPhaseTransitionTime", EK_F_TIME, EK_ONE, EK_POINTER, .pb = 4 },
};
static EK_TYPE(persistent_volume_status_type, "io.k8s.api.core.v1.PersistentVolumeStatus", NULL,
	       persistent_volume_status_rows);

static const struct ek_field persistent_volume_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &persistent_volume_spec_type },
	{ "status", EK_F_OBJ, .pb = 3, .of = &persistent_volume_status_type },
};
static EK_TYPE(persistent_volume_type, "io.k8s.api.core.v1.PersistentVolume", NULL,
	       persistent_volume_rows);

static const struct ek_subresource pv_subresources[] = {
	{ "status", .verbs = EK_V_GET | EK_V_PATCH | EK_V_UPDATE },
	{ 0 },
};

EK_CELL(cell_capacity)
{
	return ek_cell_str(ek_json_str_at(obj, "spec.capacity.storage"), "0");
}

EK_CELL(cell_access)
{
	return ek_cell_access_modes(ek_json_at(obj, "spec.accessModes"));
}

EK_CELL(cell_claim)
{
	const struct ek_json *ref = ek_json_at(obj, "spec.claimRef");
	const char *ns = ek_json_str_at(ref, "namespace"), *name = ek_json_str_at(ref, "name");

	if (ek_json_is_null(ref))
		return ek_json_new_str("");
	return ek_json_new_fmt("%s/%s", ns ? ns : "", name ? name : "");
}

static const struct ek_column columns[] = {
	EK_COLUMN_NAME,
	{ .name = "Capacity", .type = "string", .doc = "How much it holds.", .cell = cell_capacity },
	{ .name = "Access Modes", .type = "string", .doc = "How it may be mounted.", .cell = cell_access },
	{ .name = "Reclaim Policy", .type = "string", .doc = "What becomes of it after its claim.",
	  .path = "spec.persistentVolumeReclaimPolicy" },
	{ .name = "Status", .type = "string", .doc = "Where it is in its life.", .cell = ek_cell_volume_phase },
	{ .name = "Claim", .type = "string", .doc = "The claim it is bound to.", .cell = cell_claim },
	{ .name = "StorageClass", .type = "string", .doc = "Its storage class.", .cell = ek_cell_volume_class },
	{ .name = "VolumeAttributesClass", .type = "string", .doc = "Its volume attributes class.",
	  .cell = ek_cell_volume_attributes_class },
	{ .name = "Reason", .type = "string", .doc = "Why it is in that state.", .path = "status.reason" },
	EK_COLUMN_AGE,
	{ .name = "VolumeMode", .type = "string", .priority = 1, .doc = "Filesystem or Block.",
	  .cell = ek_cell_volume_mode },
	{ 0 },
};

const struct ek_kind ek_kind_pv = {
	.group = "", .version = "v1", .kind = "PersistentVolume",
	.plural = "persistentvolumes", .singular = "persistentvolume",
	.short_names = (const char *const[]){ "pv", NULL },
	.verbs = EK_V_ALL,
	.subresources = pv_subresources,
	.type = &persistent_volume_type,
	.columns = columns,
};
