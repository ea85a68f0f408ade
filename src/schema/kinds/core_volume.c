/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

/* "" is a class of its own: no dynamic provisioning. */
static const char *claim_class(const char *s)
{
	return ek_str_empty(s) ? NULL : ek_name_dns1123_subdomain(s);
}

static const struct ek_field host_path_volume_source_rows[] = {
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "type", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2, .go = "v1.HostPathType", .dflt = "\"\"",
	  .one_of = EK_ONE_OF("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate",
	  "File", "FileOrCreate", "Socket") },
};
EK_TYPE(ek_type_host_path_volume_source, "io.k8s.api.core.v1.HostPathVolumeSource", NULL,
	host_path_volume_source_rows);

static const struct ek_field empty_dir_volume_source_rows[] = {
	{ "medium", EK_F_STR, .pb = 1, .go = "v1.StorageMedium" },
	{ "sizeLimit", EK_F_QUANTITY, EK_ONE, EK_POINTER, .pb = 2 },
};
static EK_TYPE(empty_dir_volume_source_type, "io.k8s.api.core.v1.EmptyDirVolumeSource", NULL,
	       empty_dir_volume_source_rows);

static const struct ek_field gce_persistent_disk_volume_source_rows[] = {
	{ "pdName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "fsType", EK_F_STR, .pb = 2 },
	{ "partition", EK_F_INT32, .pb = 3 },
	{ "readOnly", EK_F_BOOL, .pb = 4 },
};
EK_TYPE(ek_type_gce_persistent_disk_volume_source,
	"io.k8s.api.core.v1.GCEPersistentDiskVolumeSource", NULL,
	gce_persistent_disk_volume_source_rows);

static const struct ek_field aws_elastic_block_store_volume_source_rows[] = {
	{ "volumeID", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "fsType", EK_F_STR, .pb = 2 },
	{ "partition", EK_F_INT32, .pb = 3 },
	{ "readOnly", EK_F_BOOL, .pb = 4 },
};
EK_TYPE(ek_type_aws_elastic_block_store_volume_source,
	"io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource", NULL,
	aws_elastic_block_store_volume_source_rows);

static const struct ek_field git_repo_volume_source_rows[] = {
	{ "repository", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "revision", EK_F_STR, .pb = 2 },
	{ "directory", EK_F_STR, .pb = 3 },
};
static EK_TYPE(git_repo_volume_source_type, "io.k8s.api.core.v1.GitRepoVolumeSource", NULL,
	       git_repo_volume_source_rows);

static const struct ek_field key_to_path_rows[] = {
	{ "key", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "mode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 3 },
};
static EK_TYPE(key_to_path_type, "io.k8s.api.core.v1.KeyToPath", NULL, key_to_path_rows);

static const struct ek_field secret_volume_source_rows[] = {
	{ "secretName", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 1 },
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &key_to_path_type },
	{ "defaultMode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 3, .dflt = "420" },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4 },
};
static EK_TYPE(secret_volume_source_type, "io.k8s.api.core.v1.SecretVolumeSource", NULL,
	       secret_volume_source_rows);

static const struct ek_field nfs_volume_source_rows[] = {
	{ "server", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "readOnly", EK_F_BOOL, .pb = 3 },
};
EK_TYPE(ek_type_nfs_volume_source, "io.k8s.api.core.v1.NFSVolumeSource", NULL,
	nfs_volume_source_rows);

static const struct ek_field iscsi_volume_source_rows[] = {
	{ "targetPortal", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "iqn", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "lun", EK_F_INT32, EK_ONE, EK_KEEP, .pb = 3, .max = 255 },
	{ "iscsiInterface", EK_F_STR, .pb = 4, .dflt = "\"default\"" },
	{ "fsType", EK_F_STR, .pb = 5 },
	{ "readOnly", EK_F_BOOL, .pb = 6 },
	{ "portals", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 7 },
	{ "chapAuthDiscovery", EK_F_BOOL, .pb = 8 },
	{ "chapAuthSession", EK_F_BOOL, .pb = 11 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10,
	  .of = &ek_type_local_object_reference },
	{ "initiatorName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 12 },
};
static EK_TYPE(iscsi_volume_source_type, "io.k8s.api.core.v1.ISCSIVolumeSource", NULL,
	       iscsi_volume_source_rows);

static const struct ek_field glusterfs_volume_source_rows[] = {
	{ "endpoints", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "readOnly", EK_F_BOOL, .pb = 3 },
};
static EK_TYPE(glusterfs_volume_source_type, "io.k8s.api.core.v1.GlusterfsVolumeSource", NULL,
	       glusterfs_volume_source_rows);

static const struct ek_field persistent_volume_claim_volume_source_rows[] = {
	{ "claimName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "readOnly", EK_F_BOOL, .pb = 2 },
};
static EK_TYPE(persistent_volume_claim_volume_source_type,
	       "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource", NULL,
	       persistent_volume_claim_volume_source_rows);

static const struct ek_field rbd_volume_source_rows[] = {
	{ "monitors", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC | EK_REQUIRED, .pb = 1 },
	{ "image", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "fsType", EK_F_STR, .pb = 3 },
	{ "pool", EK_F_STR, .pb = 4, .dflt = "\"rbd\"" },
	{ "user", EK_F_STR, .pb = 5, .dflt = "\"admin\"" },
	{ "keyring", EK_F_STR, .pb = 6, .dflt = "\"/etc/ceph/keyring\"" },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7,
	  .of = &ek_type_local_object_reference },
	{ "readOnly", EK_F_BOOL, .pb = 8 },
};
static EK_TYPE(rbd_volume_source_type, "io.k8s.api.core.v1.RBDVolumeSource", NULL,
	       rbd_volume_source_rows);

static const struct ek_field flex_volume_source_rows[] = {
	{ "driver", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "fsType", EK_F_STR, .pb = 2 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3,
	  .of = &ek_type_local_object_reference },
	{ "readOnly", EK_F_BOOL, .pb = 4 },
	{ "options", EK_F_STR, EK_MAP, .pb = 5 },
};
static EK_TYPE(flex_volume_source_type, "io.k8s.api.core.v1.FlexVolumeSource", NULL,
	       flex_volume_source_rows);

static const struct ek_field cinder_volume_source_rows[] = {
	{ "volumeID", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "fsType", EK_F_STR, .pb = 2 },
	{ "readOnly", EK_F_BOOL, .pb = 3 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4,
	  .of = &ek_type_local_object_reference },
};
static EK_TYPE(cinder_volume_source_type, "io.k8s.api.core.v1.CinderVolumeSource", NULL,
	       cinder_volume_source_rows);

static const struct ek_field ceph_fs_volume_source_rows[] = {
	{ "monitors", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC | EK_REQUIRED, .pb = 1 },
	{ "path", EK_F_STR, .pb = 2 },
	{ "user", EK_F_STR, .pb = 3 },
	{ "secretFile", EK_F_STR, .pb = 4 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5,
	  .of = &ek_type_local_object_reference },
	{ "readOnly", EK_F_BOOL, .pb = 6 },
};
static EK_TYPE(ceph_fs_volume_source_type, "io.k8s.api.core.v1.CephFSVolumeSource", NULL,
	       ceph_fs_volume_source_rows);

static const struct ek_field flocker_volume_source_rows[] = {
	{ "datasetName", EK_F_STR, .pb = 1 },
	{ "datasetUUID", EK_F_STR, .pb = 2 },
};
EK_TYPE(ek_type_flocker_volume_source, "io.k8s.api.core.v1.FlockerVolumeSource", NULL,
	flocker_volume_source_rows);

static const struct ek_field downward_api_volume_file_rows[] = {
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "fieldRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &ek_type_object_field_selector },
	{ "resourceFieldRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3,
	  .of = &ek_type_resource_field_selector },
	{ "mode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 4 },
};
static EK_TYPE(downward_api_volume_file_type, "io.k8s.api.core.v1.DownwardAPIVolumeFile", NULL,
	       downward_api_volume_file_rows);

static const struct ek_field downward_api_volume_source_rows[] = {
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &downward_api_volume_file_type },
	{ "defaultMode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 2, .dflt = "420" },
};
static EK_TYPE(downward_api_volume_source_type, "io.k8s.api.core.v1.DownwardAPIVolumeSource", NULL,
	       downward_api_volume_source_rows);

static const struct ek_field fc_volume_source_rows[] = {
	{ "targetWWNs", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 1 },
	{ "lun", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 2 },
	{ "fsType", EK_F_STR, .pb = 3 },
	{ "readOnly", EK_F_BOOL, .pb = 4 },
	{ "wwids", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 5 },
};
EK_TYPE(ek_type_fc_volume_source, "io.k8s.api.core.v1.FCVolumeSource", NULL, fc_volume_source_rows);

static const struct ek_field azure_file_volume_source_rows[] = {
	{ "secretName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "shareName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "readOnly", EK_F_BOOL, .pb = 3 },
};
static EK_TYPE(azure_file_volume_source_type, "io.k8s.api.core.v1.AzureFileVolumeSource", NULL,
	       azure_file_volume_source_rows);

static const struct ek_field config_map_volume_source_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1,
	  .of = &ek_type_named_reference },
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &key_to_path_type },
	{ "defaultMode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 3, .dflt = "420" },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4 },
};
static EK_TYPE(config_map_volume_source_type, "io.k8s.api.core.v1.ConfigMapVolumeSource", NULL,
	       config_map_volume_source_rows);

static const struct ek_field vsphere_virtual_disk_volume_source_rows[] = {
	{ "volumePath", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "fsType", EK_F_STR, .pb = 2 },
	{ "storagePolicyName", EK_F_STR, .pb = 3 },
	{ "storagePolicyID", EK_F_STR, .pb = 4 },
};
EK_TYPE(ek_type_vsphere_virtual_disk_volume_source,
	"io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource", NULL,
	vsphere_virtual_disk_volume_source_rows);

static const struct ek_field quobyte_volume_source_rows[] = {
	{ "registry", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1 },
	{ "volume", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "readOnly", EK_F_BOOL, .pb = 3 },
	{ "user", EK_F_STR, .pb = 4 },
	{ "group", EK_F_STR, .pb = 5 },
	{ "tenant", EK_F_STR, .pb = 6 },
};
EK_TYPE(ek_type_quobyte_volume_source, "io.k8s.api.core.v1.QuobyteVolumeSource", NULL,
	quobyte_volume_source_rows);

static const struct ek_field azure_disk_volume_source_rows[] = {
	{ "diskName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "diskURI", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "cachingMode", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3, .go = "v1.AzureDataDiskCachingMode",
	  .dflt = "\"ReadWrite\"", .one_of = EK_ONE_OF("None", "ReadOnly", "ReadWrite") },
	{ "fsType", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4, .dflt = "\"ext4\"" },
	{ "readOnly", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 5, .dflt = "false" },
	{ "kind", EK_F_STR, EK_ONE, EK_POINTER, .pb = 6, .go = "v1.AzureDataDiskKind",
	  .dflt = "\"Shared\"", .one_of = EK_ONE_OF("Dedicated", "Managed", "Shared") },
};
EK_TYPE(ek_type_azure_disk_volume_source, "io.k8s.api.core.v1.AzureDiskVolumeSource", NULL,
	azure_disk_volume_source_rows);

static const struct ek_field photon_persistent_disk_volume_source_rows[] = {
	{ "pdID", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "fsType", EK_F_STR, .pb = 2 },
};
EK_TYPE(ek_type_photon_persistent_disk_volume_source,
	"io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource", NULL,
	photon_persistent_disk_volume_source_rows);

static const struct ek_field secret_projection_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1,
	  .of = &ek_type_named_reference },
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &key_to_path_type },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4 },
};
static EK_TYPE(secret_projection_type, "io.k8s.api.core.v1.SecretProjection", NULL,
	       secret_projection_rows);

static const struct ek_field downward_api_projection_rows[] = {
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &downward_api_volume_file_type },
};
static EK_TYPE(downward_api_projection_type, "io.k8s.api.core.v1.DownwardAPIProjection", NULL,
	       downward_api_projection_rows);

static const struct ek_field config_map_projection_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1,
	  .of = &ek_type_named_reference },
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &key_to_path_type },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4 },
};
static EK_TYPE(config_map_projection_type, "io.k8s.api.core.v1.ConfigMapProjection", NULL,
	       config_map_projection_rows);

static const struct ek_field service_account_token_projection_rows[] = {
	{ "audience", EK_F_STR, .pb = 1 },
	{ "expirationSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 2, .dflt = "3600" },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3 },
};
static EK_TYPE(service_account_token_projection_type,
	       "io.k8s.api.core.v1.ServiceAccountTokenProjection", NULL,
	       service_account_token_projection_rows);

static const struct ek_field cluster_trust_bundle_projection_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_POINTER, .pb = 1 },
	{ "signerName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2 },
	{ "labelSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &ek_type_label_selector },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 5 },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 4 },
};
static EK_TYPE(cluster_trust_bundle_projection_type,
	       "io.k8s.api.core.v1.ClusterTrustBundleProjection", NULL,
	       cluster_trust_bundle_projection_rows);

static const struct ek_field volume_projection_rows[] = {
	{ "secret", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &secret_projection_type },
	{ "downwardAPI", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2,
	  .of = &downward_api_projection_type },
	{ "configMap", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &config_map_projection_type },
	{ "serviceAccountToken", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4,
	  .of = &service_account_token_projection_type },
	{ "clusterTrustBundle", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5,
	  .of = &cluster_trust_bundle_projection_type },
};
static EK_TYPE(volume_projection_type, "io.k8s.api.core.v1.VolumeProjection", NULL,
	       volume_projection_rows);

static const struct ek_field projected_volume_source_rows[] = {
	{ "sources", EK_F_OBJ, EK_LIST, EK_KEEP | EK_OPTIONAL | EK_ATOMIC, .pb = 1,
	  .of = &volume_projection_type },
	{ "defaultMode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 2, .dflt = "420" },
};
static EK_TYPE(projected_volume_source_type, "io.k8s.api.core.v1.ProjectedVolumeSource", NULL,
	       projected_volume_source_rows);

static const struct ek_field portworx_volume_source_rows[] = {
	{ "volumeID", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "fsType", EK_F_STR, .pb = 2 },
	{ "readOnly", EK_F_BOOL, .pb = 3 },
};
EK_TYPE(ek_type_portworx_volume_source, "io.k8s.api.core.v1.PortworxVolumeSource", NULL,
	portworx_volume_source_rows);

static const struct ek_field scale_io_volume_source_rows[] = {
	{ "gateway", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "system", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_KEEP | EK_POINTER, .pb = 3,
	  .of = &ek_type_local_object_reference },
	{ "sslEnabled", EK_F_BOOL, .pb = 4 },
	{ "protectionDomain", EK_F_STR, .pb = 5 },
	{ "storagePool", EK_F_STR, .pb = 6 },
	{ "storageMode", EK_F_STR, .pb = 7, .dflt = "\"ThinProvisioned\"" },
	{ "volumeName", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 8 },
	{ "fsType", EK_F_STR, .pb = 9, .dflt = "\"xfs\"" },
	{ "readOnly", EK_F_BOOL, .pb = 10 },
};
static EK_TYPE(scale_io_volume_source_type, "io.k8s.api.core.v1.ScaleIOVolumeSource", NULL,
	       scale_io_volume_source_rows);

static const struct ek_field storage_os_volume_source_rows[] = {
	{ "volumeName", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 1 },
	{ "volumeNamespace", EK_F_STR, .pb = 2 },
	{ "fsType", EK_F_STR, .pb = 3 },
	{ "readOnly", EK_F_BOOL, .pb = 4 },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5,
	  .of = &ek_type_local_object_reference },
};
static EK_TYPE(storage_os_volume_source_type, "io.k8s.api.core.v1.StorageOSVolumeSource", NULL,
	       storage_os_volume_source_rows);

static const struct ek_field csi_volume_source_rows[] = {
	{ "driver", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1 },
	{ "readOnly", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 2 },
	{ "fsType", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3 },
	{ "volumeAttributes", EK_F_STR, EK_MAP, .pb = 4 },
	{ "nodePublishSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5,
	  .of = &ek_type_local_object_reference },
};
static EK_TYPE(csi_volume_source_type, "io.k8s.api.core.v1.CSIVolumeSource", NULL,
	       csi_volume_source_rows);

static const struct ek_field persistent_volume_claim_spec_rows[] = {
	{ "accessModes", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 1,
	  .go = "v1.PersistentVolumeAccessMode" },
	{ "selector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_label_selector },
	{ "resources", EK_F_OBJ, .pb = 2, .of = &ek_type_volume_resource_requirements },
	{ "volumeName", EK_F_STR, .pb = 3 },
	{ "storageClassName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 5, .check = claim_class },
	{ "volumeMode", EK_F_STR, EK_ONE, EK_POINTER, .pb = 6, .go = "v1.PersistentVolumeMode",
	  .dflt = "\"Filesystem\"", .one_of = EK_ONE_OF("Block", "Filesystem") },
	{ "dataSource", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7,
	  .of = &ek_type_typed_local_object_reference },
	{ "dataSourceRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8,
	  .of = &ek_type_typed_object_reference },
	{ "volumeAttributesClassName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 9 },
};
EK_TYPE(ek_type_persistent_volume_claim_spec, "io.k8s.api.core.v1.PersistentVolumeClaimSpec", NULL,
	persistent_volume_claim_spec_rows);

static const struct ek_field persistent_volume_claim_template_rows[] = {
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &ek_type_persistent_volume_claim_spec },
};
static EK_TYPE(persistent_volume_claim_template_type,
	       "io.k8s.api.core.v1.PersistentVolumeClaimTemplate", NULL,
	       persistent_volume_claim_template_rows);

static const struct ek_field ephemeral_volume_source_rows[] = {
	{ "volumeClaimTemplate", EK_F_OBJ, EK_ONE, EK_POINTER | EK_REQUIRED, .pb = 1,
	  .of = &persistent_volume_claim_template_type },
};
static EK_TYPE(ephemeral_volume_source_type, "io.k8s.api.core.v1.EphemeralVolumeSource", NULL,
	       ephemeral_volume_source_rows);

static const struct ek_field image_volume_source_rows[] = {
	{ "reference", EK_F_STR, .pb = 1 },
	{ "pullPolicy", EK_F_STR, .pb = 2, .go = "v1.PullPolicy" },
};
static EK_TYPE(image_volume_source_type, "io.k8s.api.core.v1.ImageVolumeSource", NULL,
	       image_volume_source_rows);

static const struct ek_field volume_source_rows[] = {
	{ "hostPath", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1,
	  .of = &ek_type_host_path_volume_source },
	{ "emptyDir", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &empty_dir_volume_source_type },
	{ "gcePersistentDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3,
	  .of = &ek_type_gce_persistent_disk_volume_source },
	{ "awsElasticBlockStore", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4,
	  .of = &ek_type_aws_elastic_block_store_volume_source },
	{ "gitRepo", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5, .of = &git_repo_volume_source_type },
	{ "secret", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 6, .of = &secret_volume_source_type },
	{ "nfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7, .of = &ek_type_nfs_volume_source },
	{ "iscsi", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8, .of = &iscsi_volume_source_type },
	{ "glusterfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9, .of = &glusterfs_volume_source_type },
	{ "persistentVolumeClaim", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10,
	  .of = &persistent_volume_claim_volume_source_type },
	{ "rbd", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &rbd_volume_source_type },
	{ "flexVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 12, .of = &flex_volume_source_type },
	{ "cinder", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 13, .of = &cinder_volume_source_type },
	{ "cephfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 14, .of = &ceph_fs_volume_source_type },
	{ "flocker", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 15, .of = &ek_type_flocker_volume_source },
	{ "downwardAPI", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 16,
	  .of = &downward_api_volume_source_type },
	{ "fc", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 17, .of = &ek_type_fc_volume_source },
	{ "azureFile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 18,
	  .of = &azure_file_volume_source_type },
	{ "configMap", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 19,
	  .of = &config_map_volume_source_type },
	{ "vsphereVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 20,
	  .of = &ek_type_vsphere_virtual_disk_volume_source },
	{ "quobyte", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 21, .of = &ek_type_quobyte_volume_source },
	{ "azureDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 22,
	  .of = &ek_type_azure_disk_volume_source },
	{ "photonPersistentDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 23,
	  .of = &ek_type_photon_persistent_disk_volume_source },
	{ "projected", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 26,
	  .of = &projected_volume_source_type },
	{ "portworxVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 24,
	  .of = &ek_type_portworx_volume_source },
	{ "scaleIO", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 25, .of = &scale_io_volume_source_type },
	{ "storageos", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 27,
	  .of = &storage_os_volume_source_type },
	{ "csi", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 28, .of = &csi_volume_source_type },
	{ "ephemeral", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 29,
	  .of = &ephemeral_volume_source_type },
	{ "image", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 30, .of = &image_volume_source_type },
};
static EK_TYPE(volume_source_type, "io.k8s.api.core.v1.VolumeSource", NULL, volume_source_rows);

static const struct ek_field volume_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1,
	  .check = ek_name_dns1123_label },
	{ "VolumeSource", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 2, .of = &volume_source_type },
};
EK_TYPE(ek_type_volume, "io.k8s.api.core.v1.Volume", NULL, volume_rows);
