/* SPDX-License-Identifier: Apache-2.0 */

#include "tables.h"

/* "" is a class of its own: no dynamic provisioning. */
static const char *claim_class(const char *s)
{
	return ek_str_empty(s) ? NULL : ek_name_dns1123_subdomain(s);
}

static const struct ek_field host_path_volume_source_rows[] = {
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "The path; links are followed." },
	{ "type", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2, .go = "v1.HostPathType", .dflt = "\"\"",
	  .one_of = EK_ONE_OF("", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File",
	  "FileOrCreate", "Socket"),
	  .doc = "What must be there, or is made: DirectoryOrCreate, File, Socket; \"\" checks nothing." },
};
EK_TYPE(ek_type_host_path_volume_source, "io.k8s.api.core.v1.HostPathVolumeSource",
	"A path of the node, in the pod.", host_path_volume_source_rows);

static const struct ek_field empty_dir_volume_source_rows[] = {
	{ "medium", EK_F_STR, .pb = 1, .go = "v1.StorageMedium",
	  .doc = "\"\" for the node's disk, Memory for a tmpfs." },
	{ "sizeLimit", EK_F_QUANTITY, EK_ONE, EK_POINTER, .pb = 2,
	  .doc = "How much may be in it before the pod is evicted." },
};
static EK_TYPE(empty_dir_volume_source_type, "io.k8s.api.core.v1.EmptyDirVolumeSource",
	       "An empty directory that lives as long as the pod.", empty_dir_volume_source_rows);

static const struct ek_field gce_persistent_disk_volume_source_rows[] = {
	{ "pdName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Name of the disk." },
	{ "fsType", EK_F_STR, .pb = 2, .doc = "File system to mount: ext4, xfs and the like." },
	{ "partition", EK_F_INT32, .pb = 3, .doc = "Number of the partition; absent for the whole disk." },
	{ "readOnly", EK_F_BOOL, .pb = 4, .doc = "Whether nobody may write to it." },
};
EK_TYPE(ek_type_gce_persistent_disk_volume_source, "io.k8s.api.core.v1.GCEPersistentDiskVolumeSource",
	"A Google persistent disk.", gce_persistent_disk_volume_source_rows);

static const struct ek_field aws_elastic_block_store_volume_source_rows[] = {
	{ "volumeID", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Id of the volume." },
	{ "fsType", EK_F_STR, .pb = 2, .doc = "File system to mount: ext4, xfs and the like." },
	{ "partition", EK_F_INT32, .pb = 3, .doc = "Number of the partition; absent for the whole disk." },
	{ "readOnly", EK_F_BOOL, .pb = 4, .doc = "Whether nobody may write to it." },
};
EK_TYPE(ek_type_aws_elastic_block_store_volume_source, "io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource",
	"An AWS volume.", aws_elastic_block_store_volume_source_rows);

static const struct ek_field git_repo_volume_source_rows[] = {
	{ "repository", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "URL of the repository." },
	{ "revision", EK_F_STR, .pb = 2, .doc = "Commit to check out." },
	{ "directory", EK_F_STR, .pb = 3, .doc = "Directory to clone into." },
};
static EK_TYPE(git_repo_volume_source_type, "io.k8s.api.core.v1.GitRepoVolumeSource",
	       "A clone of a git repository.", git_repo_volume_source_rows);

static const struct ek_field key_to_path_rows[] = {
	{ "key", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "The key." },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2,
	  .doc = "Path of the file, relative, without \"..\"." },
	{ "mode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 3,
	  .doc = "Permissions of the file, instead of the default." },
};
static EK_TYPE(key_to_path_type, "io.k8s.api.core.v1.KeyToPath", "A key and the file it becomes.",
	       key_to_path_rows);

static const struct ek_field secret_volume_source_rows[] = {
	{ "secretName", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 1, .doc = "Name of the Secret." },
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &key_to_path_type,
	  .doc = "Which keys, and the files they become; all by default." },
	{ "defaultMode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 3, .dflt = "420",
	  .doc = "Permissions of the files; 0644 by default." },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4, .doc = "Whether it may be missing." },
};
static EK_TYPE(secret_volume_source_type, "io.k8s.api.core.v1.SecretVolumeSource",
	       "Files with the values of a Secret.", secret_volume_source_rows);

static const struct ek_field nfs_volume_source_rows[] = {
	{ "server", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1,
	  .doc = "Name or address of the server." },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "The directory it exports." },
	{ "readOnly", EK_F_BOOL, .pb = 3, .doc = "Whether nobody may write to it." },
};
EK_TYPE(ek_type_nfs_volume_source, "io.k8s.api.core.v1.NFSVolumeSource", "A directory of an NFS server.",
	nfs_volume_source_rows);

static const struct ek_field iscsi_volume_source_rows[] = {
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
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10, .of = &ek_type_local_object_reference,
	  .doc = "Secret for CHAP." },
	{ "initiatorName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 12,
	  .doc = "Qualified name of the initiator." },
};
static EK_TYPE(iscsi_volume_source_type, "io.k8s.api.core.v1.ISCSIVolumeSource", "A disk of an iSCSI target.",
	       iscsi_volume_source_rows);

static const struct ek_field glusterfs_volume_source_rows[] = {
	{ "endpoints", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1,
	  .doc = "Endpoints object with the servers." },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Name of the volume." },
	{ "readOnly", EK_F_BOOL, .pb = 3, .doc = "Whether nobody may write to it." },
};
static EK_TYPE(glusterfs_volume_source_type, "io.k8s.api.core.v1.GlusterfsVolumeSource",
	       "A Glusterfs volume.", glusterfs_volume_source_rows);

static const struct ek_field persistent_volume_claim_volume_source_rows[] = {
	{ "claimName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1,
	  .doc = "Name of the claim, in the pod's namespace." },
	{ "readOnly", EK_F_BOOL, .pb = 2, .doc = "Whether nobody may write to it." },
};
static EK_TYPE(persistent_volume_claim_volume_source_type,
	       "io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource", "The volume that a claim is bound to.",
	       persistent_volume_claim_volume_source_rows);

static const struct ek_field rbd_volume_source_rows[] = {
	{ "monitors", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC | EK_REQUIRED, .pb = 1,
	  .doc = "Addresses of monitors." },
	{ "image", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Name of the image." },
	{ "fsType", EK_F_STR, .pb = 3, .doc = "File system to mount: ext4, xfs and the like." },
	{ "pool", EK_F_STR, .pb = 4, .dflt = "\"rbd\"", .doc = "Name of the pool." },
	{ "user", EK_F_STR, .pb = 5, .dflt = "\"admin\"", .doc = "Name of the user." },
	{ "keyring", EK_F_STR, .pb = 6, .dflt = "\"/etc/ceph/keyring\"", .doc = "Path of the key ring." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7, .of = &ek_type_local_object_reference,
	  .doc = "Secret with what is needed to get in." },
	{ "readOnly", EK_F_BOOL, .pb = 8, .doc = "Whether nobody may write to it." },
};
static EK_TYPE(rbd_volume_source_type, "io.k8s.api.core.v1.RBDVolumeSource", "A Ceph block device.",
	       rbd_volume_source_rows);

static const struct ek_field flex_volume_source_rows[] = {
	{ "driver", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Name of the program." },
	{ "fsType", EK_F_STR, .pb = 2, .doc = "File system to mount: ext4, xfs and the like." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &ek_type_local_object_reference,
	  .doc = "Secret with what is needed to get in." },
	{ "readOnly", EK_F_BOOL, .pb = 4, .doc = "Whether nobody may write to it." },
	{ "options", EK_F_STR, EK_MAP, .pb = 5, .doc = "What else the program is told." },
};
static EK_TYPE(flex_volume_source_type, "io.k8s.api.core.v1.FlexVolumeSource",
	       "A volume of an external program.", flex_volume_source_rows);

static const struct ek_field cinder_volume_source_rows[] = {
	{ "volumeID", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Id of the volume." },
	{ "fsType", EK_F_STR, .pb = 2, .doc = "File system to mount: ext4, xfs and the like." },
	{ "readOnly", EK_F_BOOL, .pb = 3, .doc = "Whether nobody may write to it." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_local_object_reference,
	  .doc = "Secret with what is needed to get in." },
};
static EK_TYPE(cinder_volume_source_type, "io.k8s.api.core.v1.CinderVolumeSource",
	       "An OpenStack Cinder volume.", cinder_volume_source_rows);

static const struct ek_field ceph_fs_volume_source_rows[] = {
	{ "monitors", EK_F_STR, EK_LIST, EK_KEEP | EK_ATOMIC | EK_REQUIRED, .pb = 1,
	  .doc = "Addresses of monitors." },
	{ "path", EK_F_STR, .pb = 2, .doc = "Directory to mount; / by default." },
	{ "user", EK_F_STR, .pb = 3, .doc = "Name of the user." },
	{ "secretFile", EK_F_STR, .pb = 4, .doc = "File with the user's key." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5, .of = &ek_type_local_object_reference,
	  .doc = "Secret with what is needed to get in." },
	{ "readOnly", EK_F_BOOL, .pb = 6, .doc = "Whether nobody may write to it." },
};
static EK_TYPE(ceph_fs_volume_source_type, "io.k8s.api.core.v1.CephFSVolumeSource", "A Ceph file system.",
	       ceph_fs_volume_source_rows);

static const struct ek_field flocker_volume_source_rows[] = {
	{ "datasetName", EK_F_STR, .pb = 1, .doc = "Name of the dataset." },
	{ "datasetUUID", EK_F_STR, .pb = 2, .doc = "UUID of the dataset." },
};
EK_TYPE(ek_type_flocker_volume_source, "io.k8s.api.core.v1.FlockerVolumeSource", "A Flocker dataset.",
	flocker_volume_source_rows);

static const struct ek_field downward_api_volume_file_rows[] = {
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1,
	  .doc = "Path of the file, relative, without \"..\"." },
	{ "fieldRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &ek_type_object_field_selector,
	  .doc = "The field: metadata.labels, metadata.annotations and so on." },
	{ "resourceFieldRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &ek_type_resource_field_selector,
	  .doc = "A limit or request of a container." },
	{ "mode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 4,
	  .doc = "Permissions of the file, instead of the default." },
};
static EK_TYPE(downward_api_volume_file_type, "io.k8s.api.core.v1.DownwardAPIVolumeFile",
	       "A file with a field of the pod.", downward_api_volume_file_rows);

static const struct ek_field downward_api_volume_source_rows[] = {
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &downward_api_volume_file_type,
	  .doc = "The files." },
	{ "defaultMode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 2, .dflt = "420",
	  .doc = "Permissions of the files; 0644 by default." },
};
static EK_TYPE(downward_api_volume_source_type, "io.k8s.api.core.v1.DownwardAPIVolumeSource",
	       "Files with fields of the pod.", downward_api_volume_source_rows);

static const struct ek_field fc_volume_source_rows[] = {
	{ "targetWWNs", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 1, .doc = "World wide names of the target." },
	{ "lun", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 2, .doc = "Number of the unit." },
	{ "fsType", EK_F_STR, .pb = 3, .doc = "File system to mount: ext4, xfs and the like." },
	{ "readOnly", EK_F_BOOL, .pb = 4, .doc = "Whether nobody may write to it." },
	{ "wwids", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 5,
	  .doc = "World wide identifiers, instead of names and unit." },
};
EK_TYPE(ek_type_fc_volume_source, "io.k8s.api.core.v1.FCVolumeSource", "A Fibre Channel disk.",
	fc_volume_source_rows);

static const struct ek_field azure_file_volume_source_rows[] = {
	{ "secretName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1,
	  .doc = "Secret with account and key." },
	{ "shareName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Name of the share." },
	{ "readOnly", EK_F_BOOL, .pb = 3, .doc = "Whether nobody may write to it." },
};
static EK_TYPE(azure_file_volume_source_type, "io.k8s.api.core.v1.AzureFileVolumeSource",
	       "An Azure file share.", azure_file_volume_source_rows);

static const struct ek_field config_map_volume_source_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1, .of = &ek_type_named_reference },
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &key_to_path_type,
	  .doc = "Which keys, and the files they become; all by default." },
	{ "defaultMode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 3, .dflt = "420",
	  .doc = "Permissions of the files; 0644 by default." },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4, .doc = "Whether it may be missing." },
};
static EK_TYPE(config_map_volume_source_type, "io.k8s.api.core.v1.ConfigMapVolumeSource",
	       "Files with the values of a ConfigMap.", config_map_volume_source_rows);

static const struct ek_field vsphere_virtual_disk_volume_source_rows[] = {
	{ "volumePath", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Path of the disk." },
	{ "fsType", EK_F_STR, .pb = 2, .doc = "File system to mount: ext4, xfs and the like." },
	{ "storagePolicyName", EK_F_STR, .pb = 3, .doc = "Name of its storage policy." },
	{ "storagePolicyID", EK_F_STR, .pb = 4, .doc = "Id of its storage policy." },
};
EK_TYPE(ek_type_vsphere_virtual_disk_volume_source, "io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource",
	"A vSphere disk.", vsphere_virtual_disk_volume_source_rows);

static const struct ek_field quobyte_volume_source_rows[] = {
	{ "registry", EK_F_STR, EK_ONE, EK_KEEP, .pb = 1, .doc = "Addresses of registries, host:port." },
	{ "volume", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Name of the volume." },
	{ "readOnly", EK_F_BOOL, .pb = 3, .doc = "Whether nobody may write to it." },
	{ "user", EK_F_STR, .pb = 4, .doc = "User to mount it as." },
	{ "group", EK_F_STR, .pb = 5, .doc = "Group to mount it as." },
	{ "tenant", EK_F_STR, .pb = 6, .doc = "Tenant that owns it." },
};
EK_TYPE(ek_type_quobyte_volume_source, "io.k8s.api.core.v1.QuobyteVolumeSource", "A Quobyte volume.",
	quobyte_volume_source_rows);

static const struct ek_field azure_disk_volume_source_rows[] = {
	{ "diskName", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Name of the disk." },
	{ "diskURI", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "URI of the disk." },
	{ "cachingMode", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3, .go = "v1.AzureDataDiskCachingMode",
	  .dflt = "\"ReadWrite\"", .one_of = EK_ONE_OF("None", "ReadOnly", "ReadWrite"),
	  .doc = "None, ReadOnly or ReadWrite." },
	{ "fsType", EK_F_STR, EK_ONE, EK_POINTER, .pb = 4, .dflt = "\"ext4\"",
	  .doc = "File system to mount: ext4, xfs and the like." },
	{ "readOnly", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 5, .dflt = "false",
	  .doc = "Whether nobody may write to it." },
	{ "kind", EK_F_STR, EK_ONE, EK_POINTER, .pb = 6, .go = "v1.AzureDataDiskKind", .dflt = "\"Shared\"",
	  .one_of = EK_ONE_OF("Dedicated", "Managed", "Shared"), .doc = "Shared, Dedicated or Managed." },
};
EK_TYPE(ek_type_azure_disk_volume_source, "io.k8s.api.core.v1.AzureDiskVolumeSource", "An Azure data disk.",
	azure_disk_volume_source_rows);

static const struct ek_field photon_persistent_disk_volume_source_rows[] = {
	{ "pdID", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Id of the disk." },
	{ "fsType", EK_F_STR, .pb = 2, .doc = "File system to mount: ext4, xfs and the like." },
};
EK_TYPE(ek_type_photon_persistent_disk_volume_source, "io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource",
	"A PhotonController disk.", photon_persistent_disk_volume_source_rows);

static const struct ek_field secret_projection_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1, .of = &ek_type_named_reference },
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &key_to_path_type,
	  .doc = "Which keys, and the files they become; all by default." },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4, .doc = "Whether it may be missing." },
};
static EK_TYPE(secret_projection_type, "io.k8s.api.core.v1.SecretProjection",
	       "Values of a Secret in a projected volume.", secret_projection_rows);

static const struct ek_field downward_api_projection_rows[] = {
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 1, .of = &downward_api_volume_file_type,
	  .doc = "The files." },
};
static EK_TYPE(downward_api_projection_type, "io.k8s.api.core.v1.DownwardAPIProjection",
	       "Fields of the pod in a projected volume.", downward_api_projection_rows);

static const struct ek_field config_map_projection_rows[] = {
	{ "LocalObjectReference", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 1, .of = &ek_type_named_reference },
	{ "items", EK_F_OBJ, EK_LIST, EK_ATOMIC, .pb = 2, .of = &key_to_path_type,
	  .doc = "Which keys, and the files they become; all by default." },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 4, .doc = "Whether it may be missing." },
};
static EK_TYPE(config_map_projection_type, "io.k8s.api.core.v1.ConfigMapProjection",
	       "Values of a ConfigMap in a projected volume.", config_map_projection_rows);

static const struct ek_field service_account_token_projection_rows[] = {
	{ "audience", EK_F_STR, .pb = 1, .doc = "Whom it is for; the API server by default." },
	{ "expirationSeconds", EK_F_INT64, EK_ONE, EK_POINTER, .pb = 2, .dflt = "3600",
	  .doc = "How long it lives; at least 600." },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 3, .doc = "Path of the file." },
};
static EK_TYPE(service_account_token_projection_type, "io.k8s.api.core.v1.ServiceAccountTokenProjection",
	       "A token, renewed before it expires.", service_account_token_projection_rows);

static const struct ek_field cluster_trust_bundle_projection_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_POINTER, .pb = 1, .doc = "One bundle by name." },
	{ "signerName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 2, .doc = "Or all bundles of a signer." },
	{ "labelSelector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &ek_type_label_selector,
	  .doc = "Which bundles of the signer." },
	{ "optional", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 5, .doc = "Whether they may be missing." },
	{ "path", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 4, .doc = "Path of the file." },
};
static EK_TYPE(cluster_trust_bundle_projection_type, "io.k8s.api.core.v1.ClusterTrustBundleProjection",
	       "Certificates that the cluster trusts, in a file.", cluster_trust_bundle_projection_rows);

static const struct ek_field volume_projection_rows[] = {
	{ "secret", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &secret_projection_type,
	  .doc = "Values of a Secret." },
	{ "downwardAPI", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &downward_api_projection_type,
	  .doc = "Fields of the pod." },
	{ "configMap", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3, .of = &config_map_projection_type,
	  .doc = "Values of a ConfigMap." },
	{ "serviceAccountToken", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4,
	  .of = &service_account_token_projection_type, .doc = "A token of the pod's service account." },
	{ "clusterTrustBundle", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5,
	  .of = &cluster_trust_bundle_projection_type, .doc = "Certificates that the cluster trusts." },
};
static EK_TYPE(volume_projection_type, "io.k8s.api.core.v1.VolumeProjection",
	       "A source of a projected volume; one of these.", volume_projection_rows);

static const struct ek_field projected_volume_source_rows[] = {
	{ "sources", EK_F_OBJ, EK_LIST, EK_KEEP | EK_OPTIONAL | EK_ATOMIC, .pb = 1,
	  .of = &volume_projection_type, .doc = "The sources." },
	{ "defaultMode", EK_F_INT32, EK_ONE, EK_POINTER, .pb = 2, .dflt = "420",
	  .doc = "Permissions of the files; 0644 by default." },
};
static EK_TYPE(projected_volume_source_type, "io.k8s.api.core.v1.ProjectedVolumeSource",
	       "Several sources in one directory.", projected_volume_source_rows);

static const struct ek_field portworx_volume_source_rows[] = {
	{ "volumeID", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Id of the volume." },
	{ "fsType", EK_F_STR, .pb = 2, .doc = "File system to mount: ext4, xfs and the like." },
	{ "readOnly", EK_F_BOOL, .pb = 3, .doc = "Whether nobody may write to it." },
};
EK_TYPE(ek_type_portworx_volume_source, "io.k8s.api.core.v1.PortworxVolumeSource", "A Portworx volume.",
	portworx_volume_source_rows);

static const struct ek_field scale_io_volume_source_rows[] = {
	{ "gateway", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Address of the gateway." },
	{ "system", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 2, .doc = "Name of the storage system." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_KEEP | EK_POINTER, .pb = 3, .of = &ek_type_local_object_reference,
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
static EK_TYPE(scale_io_volume_source_type, "io.k8s.api.core.v1.ScaleIOVolumeSource", "A ScaleIO volume.",
	       scale_io_volume_source_rows);

static const struct ek_field storage_os_volume_source_rows[] = {
	{ "volumeName", EK_F_STR, EK_ONE, EK_REQUIRED, .pb = 1, .doc = "Name of the volume." },
	{ "volumeNamespace", EK_F_STR, .pb = 2, .doc = "StorageOS namespace of the volume." },
	{ "fsType", EK_F_STR, .pb = 3, .doc = "File system to mount: ext4, xfs and the like." },
	{ "readOnly", EK_F_BOOL, .pb = 4, .doc = "Whether nobody may write to it." },
	{ "secretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5, .of = &ek_type_local_object_reference,
	  .doc = "Secret with what is needed to get in." },
};
static EK_TYPE(storage_os_volume_source_type, "io.k8s.api.core.v1.StorageOSVolumeSource",
	       "A StorageOS volume.", storage_os_volume_source_rows);

static const struct ek_field csi_volume_source_rows[] = {
	{ "driver", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .doc = "Name of the driver." },
	{ "readOnly", EK_F_BOOL, EK_ONE, EK_POINTER, .pb = 2, .doc = "Whether nobody may write to it." },
	{ "fsType", EK_F_STR, EK_ONE, EK_POINTER, .pb = 3,
	  .doc = "File system to mount: ext4, xfs and the like." },
	{ "volumeAttributes", EK_F_STR, EK_MAP, .pb = 4, .doc = "What else the driver is told." },
	{ "nodePublishSecretRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5,
	  .of = &ek_type_local_object_reference, .doc = "Secret for the driver when it mounts." },
};
static EK_TYPE(csi_volume_source_type, "io.k8s.api.core.v1.CSIVolumeSource",
	       "A volume that a CSI driver makes for one pod.", csi_volume_source_rows);

static const struct ek_field persistent_volume_claim_spec_rows[] = {
	{ "accessModes", EK_F_STR, EK_LIST, EK_ATOMIC, .pb = 1, .go = "v1.PersistentVolumeAccessMode",
	  .doc = "ReadWriteOnce, ReadOnlyMany, ReadWriteMany, ReadWriteOncePod." },
	{ "selector", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4, .of = &ek_type_label_selector,
	  .doc = "Which volumes may be bound." },
	{ "resources", EK_F_OBJ, .pb = 2, .of = &ek_type_volume_resource_requirements,
	  .doc = "How much storage." },
	{ "volumeName", EK_F_STR, .pb = 3, .doc = "The volume it is bound to." },
	{ "storageClassName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 5, .check = claim_class,
	  .doc = "Storage class; \"\" for volumes without a class." },
	{ "volumeMode", EK_F_STR, EK_ONE, EK_POINTER, .pb = 6, .go = "v1.PersistentVolumeMode",
	  .dflt = "\"Filesystem\"", .one_of = EK_ONE_OF("Block", "Filesystem"),
	  .doc = "Filesystem or Block." },
	{ "dataSource", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7, .of = &ek_type_typed_local_object_reference,
	  .doc = "Snapshot or claim to copy from." },
	{ "dataSourceRef", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8, .of = &ek_type_typed_object_reference,
	  .doc = "Any object to fill it from." },
	{ "volumeAttributesClassName", EK_F_STR, EK_ONE, EK_POINTER, .pb = 9,
	  .doc = "Class of attributes that may change later." },
};
EK_TYPE(ek_type_persistent_volume_claim_spec, "io.k8s.api.core.v1.PersistentVolumeClaimSpec",
	"What a claim asks for.", persistent_volume_claim_spec_rows);

static const struct ek_field persistent_volume_claim_template_rows[] = {
	EK_ROW_METADATA,
	{ "spec", EK_F_OBJ, EK_ONE, EK_KEEP, .pb = 2, .of = &ek_type_persistent_volume_claim_spec,
	  .doc = "What the claim asks for." },
};
static EK_TYPE(persistent_volume_claim_template_type, "io.k8s.api.core.v1.PersistentVolumeClaimTemplate",
	       "A claim to be made for a pod.", persistent_volume_claim_template_rows);

static const struct ek_field ephemeral_volume_source_rows[] = {
	{ "volumeClaimTemplate", EK_F_OBJ, EK_ONE, EK_POINTER | EK_REQUIRED, .pb = 1,
	  .of = &persistent_volume_claim_template_type,
	  .doc = "The claim to make, named after pod and volume." },
};
static EK_TYPE(ephemeral_volume_source_type, "io.k8s.api.core.v1.EphemeralVolumeSource",
	       "A claim that lives as long as the pod.", ephemeral_volume_source_rows);

static const struct ek_field image_volume_source_rows[] = {
	{ "reference", EK_F_STR, .pb = 1, .doc = "The image." },
	{ "pullPolicy", EK_F_STR, .pb = 2, .go = "v1.PullPolicy", .doc = "Always, IfNotPresent or Never." },
};
static EK_TYPE(image_volume_source_type, "io.k8s.api.core.v1.ImageVolumeSource",
	       "The file system of an image.", image_volume_source_rows);

static const struct ek_field volume_source_rows[] = {
	{ "hostPath", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 1, .of = &ek_type_host_path_volume_source,
	  .doc = "A path of the node." },
	{ "emptyDir", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 2, .of = &empty_dir_volume_source_type,
	  .doc = "An empty directory that lives as long as the pod." },
	{ "gcePersistentDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 3,
	  .of = &ek_type_gce_persistent_disk_volume_source, .doc = "Deprecated: a Google persistent disk." },
	{ "awsElasticBlockStore", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 4,
	  .of = &ek_type_aws_elastic_block_store_volume_source, .doc = "Deprecated: an AWS volume." },
	{ "gitRepo", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 5, .of = &git_repo_volume_source_type,
	  .doc = "Deprecated: a clone of a git repository." },
	{ "secret", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 6, .of = &secret_volume_source_type,
	  .doc = "Files with the values of a Secret." },
	{ "nfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 7, .of = &ek_type_nfs_volume_source,
	  .doc = "A directory of an NFS server." },
	{ "iscsi", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 8, .of = &iscsi_volume_source_type,
	  .doc = "A disk of an iSCSI target." },
	{ "glusterfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 9, .of = &glusterfs_volume_source_type,
	  .doc = "Deprecated: a Glusterfs volume." },
	{ "persistentVolumeClaim", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 10,
	  .of = &persistent_volume_claim_volume_source_type, .doc = "The volume that a claim is bound to." },
	{ "rbd", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 11, .of = &rbd_volume_source_type,
	  .doc = "Deprecated: a Ceph block device." },
	{ "flexVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 12, .of = &flex_volume_source_type,
	  .doc = "Deprecated: a volume of an external program." },
	{ "cinder", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 13, .of = &cinder_volume_source_type,
	  .doc = "Deprecated: an OpenStack Cinder volume." },
	{ "cephfs", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 14, .of = &ceph_fs_volume_source_type,
	  .doc = "Deprecated: a Ceph file system." },
	{ "flocker", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 15, .of = &ek_type_flocker_volume_source,
	  .doc = "Deprecated: a Flocker dataset." },
	{ "downwardAPI", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 16, .of = &downward_api_volume_source_type,
	  .doc = "Files with fields of the pod." },
	{ "fc", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 17, .of = &ek_type_fc_volume_source,
	  .doc = "A Fibre Channel disk." },
	{ "azureFile", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 18, .of = &azure_file_volume_source_type,
	  .doc = "Deprecated: an Azure file share." },
	{ "configMap", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 19, .of = &config_map_volume_source_type,
	  .doc = "Files with the values of a ConfigMap." },
	{ "vsphereVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 20,
	  .of = &ek_type_vsphere_virtual_disk_volume_source, .doc = "Deprecated: a vSphere disk." },
	{ "quobyte", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 21, .of = &ek_type_quobyte_volume_source,
	  .doc = "Deprecated: a Quobyte volume." },
	{ "azureDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 22, .of = &ek_type_azure_disk_volume_source,
	  .doc = "Deprecated: an Azure data disk." },
	{ "photonPersistentDisk", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 23,
	  .of = &ek_type_photon_persistent_disk_volume_source,
	  .doc = "Deprecated: a PhotonController disk." },
	{ "projected", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 26, .of = &projected_volume_source_type,
	  .doc = "Several of secret, configMap, downwardAPI and token in one directory." },
	{ "portworxVolume", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 24, .of = &ek_type_portworx_volume_source,
	  .doc = "Deprecated: a Portworx volume." },
	{ "scaleIO", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 25, .of = &scale_io_volume_source_type,
	  .doc = "Deprecated: a ScaleIO volume." },
	{ "storageos", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 27, .of = &storage_os_volume_source_type,
	  .doc = "Deprecated: a StorageOS volume." },
	{ "csi", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 28, .of = &csi_volume_source_type,
	  .doc = "A volume that a CSI driver makes for this pod." },
	{ "ephemeral", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 29, .of = &ephemeral_volume_source_type,
	  .doc = "A claim that lives as long as the pod." },
	{ "image", EK_F_OBJ, EK_ONE, EK_POINTER, .pb = 30, .of = &image_volume_source_type,
	  .doc = "The file system of an image, read-only." },
};
static EK_TYPE(volume_source_type, "io.k8s.api.core.v1.VolumeSource",
	       "Where a volume comes from; one of these, an empty directory by default.", volume_source_rows);

static const struct ek_field volume_rows[] = {
	{ "name", EK_F_STR, EK_ONE, EK_KEEP | EK_REQUIRED, .pb = 1, .check = ek_name_dns1123_label,
	  .doc = "A DNS label, unique in the pod." },
	{ "VolumeSource", EK_F_OBJ, EK_ONE, EK_INLINE, .pb = 2, .of = &volume_source_type },
};
EK_TYPE(ek_type_volume, "io.k8s.api.core.v1.Volume",
	"A directory or device that containers of a pod can mount.", volume_rows);
