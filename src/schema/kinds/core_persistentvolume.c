/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

static const struct ek_field glusterfs_persistent_volume_source_rows[] = {
	{ "endpoints", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1,
	  .doc = "Endpoints object with the servers." },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Name of the volume." },
	{ "readOnly", EK_F_BOOL, .pb = 3, .doc = "Whether nobody may write to it." },
	{ "endpointsNamespace", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4,
	  .doc = "Namespace of the Endpoints; the claim's by default." },
};
static EK_TYPE(glusterfs_persistent_volume_source_type, "io.k8s.api.core.v1.GlusterfsPersistentVolumeSource",
	       "A Glusterfs volume.", glusterfs_persistent_volume_source_rows);

static const struct ek_field rbd_persistent_volume_source_rows[] = {
	{ "monitors", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC | EK_REQUIRED, .pb = 1,
	  .doc = "Addresses of monitors." },
	{ "image", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Name of the image." },
	{ "fsType", EK_F_STR, .pb = 3, .doc = "File system to mount: ext4, xfs and the like." },
	{ "pool", EK_F_STR, .pb = 4, .dflt = "\"rbd\"", .doc = "Name of the pool." },
	{ "user", EK_F_STR, .pb = 5, .dflt = "\"admin\"", .doc = "Name of the user." },
	{ "keyring", EK_F_STR, .pb = 6, .dflt = "\"/etc/ceph/keyring\"", .doc = "Path of the key ring." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7, .of = &ek_type_secret_reference,
	  .doc = "Secret with what is needed to get in." },
	{ "readOnly", EK_F_BOOL, .pb = 8, .doc = "Whether nobody may write to it." },
};
static EK_TYPE(rbd_persistent_volume_source_type, "io.k8s.api.core.v1.RBDPersistentVolumeSource",
	       "A Ceph block device.", rbd_persistent_volume_source_rows);

static const struct ek_field iscsi_persistent_volume_source_rows[] = {
	{ "targetPortal", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1,
	  .doc = "Address of the target, with a port unless it is 860 or 3260." },
	{ "iqn", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Qualified name of the target." },
	{ "lun", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 3, .max = 255, .doc = "Number of the unit." },
	{ "iscsiInterface", EK_F_STR, .pb = 4, .dflt = "\"default\"", .doc = "Interface to use." },
	{ "fsType", EK_F_STR, .pb = 5, .doc = "File system to mount: ext4, xfs and the like." },
	{ "readOnly", EK_F_BOOL, .pb = 6, .doc = "Whether nobody may write to it." },
	{ "portals", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 7, .doc = "Further addresses of the target." },
	{ "chapAuthDiscovery", EK_F_BOOL, .pb = 8, .doc = "Whether discovery authenticates by CHAP." },
	{ "chapAuthSession", EK_F_BOOL, .pb = 11, .doc = "Whether sessions authenticate by CHAP." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10, .of = &ek_type_secret_reference,
	  .doc = "Secret for CHAP." },
	{ "initiatorName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 12,
	  .doc = "Qualified name of the initiator." },
};
static EK_TYPE(iscsi_persistent_volume_source_type, "io.k8s.api.core.v1.ISCSIPersistentVolumeSource",
	       "A disk of an iSCSI target.", iscsi_persistent_volume_source_rows);

static const struct ek_field cinder_persistent_volume_source_rows[] = {
	{ "volumeID", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Id of the volume." },
	{ "fsType", EK_F_STR, .pb = 2, .doc = "File system to mount: ext4, xfs and the like." },
	{ "readOnly", EK_F_BOOL, .pb = 3, .doc = "Whether nobody may write to it." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_secret_reference,
	  .doc = "Secret with what is needed to get in." },
};
static EK_TYPE(cinder_persistent_volume_source_type, "io.k8s.api.core.v1.CinderPersistentVolumeSource",
	       "An OpenStack Cinder volume.", cinder_persistent_volume_source_rows);

static const struct ek_field ceph_fs_persistent_volume_source_rows[] = {
	{ "monitors", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC | EK_REQUIRED, .pb = 1,
	  .doc = "Addresses of monitors." },
	{ "path", EK_F_STR, .pb = 2, .doc = "Directory to mount; / by default." },
	{ "user", EK_F_STR, .pb = 3, .doc = "Name of the user." },
	{ "secretFile", EK_F_STR, .pb = 4, .doc = "File with the user's key." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5, .of = &ek_type_secret_reference,
	  .doc = "Secret with what is needed to get in." },
	{ "readOnly", EK_F_BOOL, .pb = 6, .doc = "Whether nobody may write to it." },
};
static EK_TYPE(ceph_fs_persistent_volume_source_type, "io.k8s.api.core.v1.CephFSPersistentVolumeSource",
	       "A Ceph file system.", ceph_fs_persistent_volume_source_rows);

static const struct ek_field flex_persistent_volume_source_rows[] = {
	{ "driver", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Name of the program." },
	{ "fsType", EK_F_STR, .pb = 2, .doc = "File system to mount: ext4, xfs and the like." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &ek_type_secret_reference,
	  .doc = "Secret with what is needed to get in." },
	{ "readOnly", EK_F_BOOL, .pb = 4, .doc = "Whether nobody may write to it." },
	{ "options", EK_F_STR, EK_MAP, .pb = 5, .doc = "What else the program is told." },
};
static EK_TYPE(flex_persistent_volume_source_type, "io.k8s.api.core.v1.FlexPersistentVolumeSource",
	       "A volume of an external program.", flex_persistent_volume_source_rows);

static const struct ek_field azure_file_persistent_volume_source_rows[] = {
	{ "secretName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1,
	  .doc = "Secret with account and key." },
	{ "shareName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Name of the share." },
	{ "readOnly", EK_F_BOOL, .pb = 3, .doc = "Whether nobody may write to it." },
	{ "secretNamespace", EK_F_STR, EK_ONE, EK_KEEP | EK_OPTIONAL | EK_POINTER, .pb = 4,
	  .doc = "Namespace of the Secret; the claim's by default." },
};
static EK_TYPE(azure_file_persistent_volume_source_type, "io.k8s.api.core.v1.AzureFilePersistentVolumeSource",
	       "An Azure file share.", azure_file_persistent_volume_source_rows);

static const struct ek_field scale_io_persistent_volume_source_rows[] = {
	{ "gateway", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Address of the gateway." },
	{ "system", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Name of the storage system." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_KEEP | EK_POINTER, .pb = 3, .of = &ek_type_secret_reference,
	  .doc = "Secret with what is needed to get in." },
	{ "sslEnabled", EK_F_BOOL, .pb = 4, .doc = "Whether to talk TLS to the gateway." },
	{ "protectionDomain", EK_F_STR, .pb = 5, .doc = "Name of the protection domain." },
	{ "storagePool", EK_F_STR, .pb = 6, .doc = "Name of the storage pool." },
	{ "storageMode", EK_F_STR, .pb = 7, .dflt = "\"ThinProvisioned\"",
	  .doc = "ThickProvisioned or ThinProvisioned." },
	{ "volumeName", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 8, .doc = "Name of the volume." },
	{ "fsType", EK_F_STR, .pb = 9, .dflt = "\"xfs\"",
	  .doc = "File system to mount: ext4, xfs and the like." },
	{ "readOnly", EK_F_BOOL, .pb = 10, .doc = "Whether nobody may write to it." },
};
static EK_TYPE(scale_io_persistent_volume_source_type, "io.k8s.api.core.v1.ScaleIOPersistentVolumeSource",
	       "A ScaleIO volume.", scale_io_persistent_volume_source_rows);

static const struct ek_field local_volume_source_rows[] = {
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Its path on the node." },
	{ "fsType", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2,
	  .doc = "File system to mount: ext4, xfs and the like." },
};
static EK_TYPE(local_volume_source_type, "io.k8s.api.core.v1.LocalVolumeSource",
	       "A disk or directory of a node.", local_volume_source_rows);

static const struct ek_field storage_os_persistent_volume_source_rows[] = {
	{ "volumeName", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 1, .doc = "Name of the volume." },
	{ "volumeNamespace", EK_F_STR, .pb = 2, .doc = "StorageOS namespace of the volume." },
	{ "fsType", EK_F_STR, .pb = 3, .doc = "File system to mount: ext4, xfs and the like." },
	{ "readOnly", EK_F_BOOL, .pb = 4, .doc = "Whether nobody may write to it." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5, .of = &ek_type_object_reference,
	  .doc = "Secret with what is needed to get in." },
};
static EK_TYPE(storage_os_persistent_volume_source_type, "io.k8s.api.core.v1.StorageOSPersistentVolumeSource",
	       "A StorageOS volume.", storage_os_persistent_volume_source_rows);

static const struct ek_field csi_persistent_volume_source_rows[] = {
	{ "driver", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Name of the driver." },
	{ "volumeHandle", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2,
	  .doc = "What the driver calls it." },
	{ "readOnly", EK_F_BOOL, .pb = 3, .doc = "Whether nobody may write to it." },
	{ "fsType", EK_F_STR, .pb = 4, .doc = "File system to mount: ext4, xfs and the like." },
	{ "volumeAttributes", EK_F_STR, EK_MAP, .pb = 5, .doc = "What else the driver is told." },
	{ "controllerPublishSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 6,
	  .of = &ek_type_secret_reference, .doc = "Secret for attaching." },
	{ "nodeStageSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7, .of = &ek_type_secret_reference,
	  .doc = "Secret for staging." },
	{ "nodePublishSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8, .of = &ek_type_secret_reference,
	  .doc = "Secret for mounting." },
	{ "controllerExpandSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9, .of = &ek_type_secret_reference,
	  .doc = "Secret for growing it at the controller." },
	{ "nodeExpandSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10, .of = &ek_type_secret_reference,
	  .doc = "Secret for growing it on the node." },
};
static EK_TYPE(csi_persistent_volume_source_type, "io.k8s.api.core.v1.CSIPersistentVolumeSource",
	       "A volume of a CSI driver.", csi_persistent_volume_source_rows);

static const struct ek_field persistent_volume_source_rows[] = {
	{ "gcePersistentDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1,
	  .of = &ek_type_gce_persistent_disk_volume_source, .doc = "Deprecated: a Google persistent disk." },
	{ "awsElasticBlockStore", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2,
	  .of = &ek_type_aws_elastic_block_store_volume_source, .doc = "Deprecated: an AWS volume." },
	{ "hostPath", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &ek_type_host_path_volume_source,
	  .doc = "A path of the node, for clusters of one node." },
	{ "glusterfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &glusterfs_persistent_volume_source_type,
	  .doc = "Deprecated: a Glusterfs volume." },
	{ "nfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5, .of = &ek_type_nfs_volume_source,
	  .doc = "A directory of an NFS server." },
	{ "rbd", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 6, .of = &rbd_persistent_volume_source_type,
	  .doc = "Deprecated: a Ceph block device." },
	{ "iscsi", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7, .of = &iscsi_persistent_volume_source_type,
	  .doc = "A disk of an iSCSI target." },
	{ "cinder", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8, .of = &cinder_persistent_volume_source_type,
	  .doc = "Deprecated: an OpenStack Cinder volume." },
	{ "cephfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9, .of = &ceph_fs_persistent_volume_source_type,
	  .doc = "Deprecated: a Ceph file system." },
	{ "fc", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10, .of = &ek_type_fc_volume_source,
	  .doc = "A Fibre Channel disk." },
	{ "flocker", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &ek_type_flocker_volume_source,
	  .doc = "Deprecated: a Flocker dataset." },
	{ "flexVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 12, .of = &flex_persistent_volume_source_type,
	  .doc = "Deprecated: a volume of an external program." },
	{ "azureFile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 13,
	  .of = &azure_file_persistent_volume_source_type, .doc = "Deprecated: an Azure file share." },
	{ "vsphereVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 14,
	  .of = &ek_type_vsphere_virtual_disk_volume_source, .doc = "Deprecated: a vSphere disk." },
	{ "quobyte", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 15, .of = &ek_type_quobyte_volume_source,
	  .doc = "Deprecated: a Quobyte volume." },
	{ "azureDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 16, .of = &ek_type_azure_disk_volume_source,
	  .doc = "Deprecated: an Azure data disk." },
	{ "photonPersistentDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 17,
	  .of = &ek_type_photon_persistent_disk_volume_source,
	  .doc = "Deprecated: a PhotonController disk." },
	{ "portworxVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 18, .of = &ek_type_portworx_volume_source,
	  .doc = "Deprecated: a Portworx volume." },
	{ "scaleIO", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 19, .of = &scale_io_persistent_volume_source_type,
	  .doc = "Deprecated: a ScaleIO volume." },
	{ "local", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 20, .of = &local_volume_source_type,
	  .doc = "A disk or directory of a node." },
	{ "storageos", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 21,
	  .of = &storage_os_persistent_volume_source_type, .doc = "Deprecated: a StorageOS volume." },
	{ "csi", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 22, .of = &csi_persistent_volume_source_type,
	  .doc = "A volume of a CSI driver." },
};
static EK_TYPE(persistent_volume_source_type, "io.k8s.api.core.v1.PersistentVolumeSource",
	       "Where the storage is; one of these.", persistent_volume_source_rows);

static const struct ek_field volume_node_affinity_rows[] = {
	{ "required", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &ek_type_node_selector,
	  .doc = "What must hold of the node." },
};
static EK_TYPE(volume_node_affinity_type, "io.k8s.api.core.v1.VolumeNodeAffinity",
	       "Which nodes can reach a volume.", volume_node_affinity_rows);

static const struct ek_field persistent_volume_spec_rows[] = {
	{ "capacity", EK_F_QUANTITY, EK_MAP, EK_REQUIRED, .pb = 1, .doc = "How much it holds." },
	{ "PersistentVolumeSource", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 2,
	  .of = &persistent_volume_source_type },
	{ "accessModes", EK_F_STR, EK_LIST, EK_ATOMIC | EK_REQUIRED, .pb = 3,
	  .go = "v1.PersistentVolumeAccessMode",
	  .doc = "ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod." },
	{ "claimRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_object_reference,
	  .doc = "The claim that this volume is bound to." },
	{ "persistentVolumeReclaimPolicy", EK_F_STR, .pb = 5, .go = "v1.PersistentVolumeReclaimPolicy",
	  .dflt = "\"Retain\"", .one_of = EK_ONE_OF("Delete", "Recycle", "Retain"),
	  .doc = "Retain, Delete or Recycle: what becomes of it after its claim." },
	{ "storageClassName", EK_F_STR, .pb = 6, .check = ek_name_dns1123_subdomain,
	  .doc = "Its storage class." },
	{ "mountOptions", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 7, .doc = "Options of mount." },
	{ "volumeMode", EK_F_STR, EK_ONE, EK_POINTER, .pb = 8, .go = "v1.PersistentVolumeMode",
	  .dflt = "\"Filesystem\"", .one_of = EK_ONE_OF("Block", "Filesystem"),
	  .doc = "Filesystem or Block." },
	{ "nodeAffinity", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9, .of = &volume_node_affinity_type,
	  .doc = "Which nodes can reach it." },
	{ "volumeAttributesClassName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 10,
	  .doc = "Class of attributes that may change later." },
};
static EK_TYPE(persistent_volume_spec_type, "io.k8s.api.core.v1.PersistentVolumeSpec", "A piece of storage.",
	       persistent_volume_spec_rows);

static const struct ek_field persistent_volume_status_rows[] = {
	{ "phase", EK_F_STR, .pb = 1, .go = "v1.PersistentVolumePhase", .dflt = "\"Pending\"",
	  .doc = "Pending, Available, Bound, Released or Failed." },
	{ "message", EK_F_STR, .pb = 2, .doc = "Why, for people." },
	{ "reason", EK_F_STR, .pb = 3, .doc = "Why, as one CamelCase word." },
	{ "lastPhaseTransitionTime", EK_F_TIME, EK_ONE, EK_POINTER, .pb = 4,
	  .doc = "When the phase last changed." },
};
static EK_TYPE(persistent_volume_status_type, "io.k8s.api.core.v1.PersistentVolumeStatus",
	       "State of a volume.", persistent_volume_status_rows);

static const struct ek_field persistent_volume_rows[] = {
	EK_ROWS_TYPE_META,
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, .pb = 2, .of = &persistent_volume_spec_type, .doc = "What is wanted." },
	{ "status", EK_F_OBJ, .pb = 3, .of = &persistent_volume_status_type, .doc = "What there is now." },
};
static EK_TYPE(persistent_volume_type, "io.k8s.api.core.v1.PersistentVolume",
	       "A piece of storage of the cluster.", persistent_volume_rows);

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
