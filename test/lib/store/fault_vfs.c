/* SPDX-License-Identifier: Apache-2.0 */
#include "fault_vfs.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>

static sqlite3_vfs *real;
static struct fault_plan plan;
static int64_t operations, bytes, syncs;
static bool fired;

struct fault_file {
	sqlite3_file  base;
	sqlite3_file *real; /* behind this struct */
};

static sqlite3_file *inner(sqlite3_file *f)
{
	return ((struct fault_file *)f)->real;
}

/* Checkpoints come from a thread of the pool: counting may not lose one. */
static bool fails(void)
{
	int64_t n = __atomic_add_fetch(&operations, 1, __ATOMIC_SEQ_CST);

	if (plan.at == 0 || (plan.forever ? n < plan.at : n != plan.at))
		return false;
	__atomic_store_n(&fired, true, __ATOMIC_SEQ_CST);
	errno = plan.error;
	return true;
}

void fault_vfs_plan(const struct fault_plan *p)
{
	plan = p ? *p : (struct fault_plan){ 0 };
	__atomic_store_n(&operations, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&bytes, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&syncs, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&fired, false, __ATOMIC_SEQ_CST);
}

int64_t fault_vfs_operations(void)
{
	return __atomic_load_n(&operations, __ATOMIC_SEQ_CST);
}

bool fault_vfs_fired(void)
{
	return __atomic_load_n(&fired, __ATOMIC_SEQ_CST);
}

int64_t fault_vfs_bytes(void)
{
	return __atomic_load_n(&bytes, __ATOMIC_SEQ_CST);
}

int64_t fault_vfs_syncs(void)
{
	return __atomic_load_n(&syncs, __ATOMIC_SEQ_CST);
}

/* ---- files ---- */

static int x_close(sqlite3_file *f)
{
	return inner(f)->pMethods->xClose(inner(f));
}

static int x_read(sqlite3_file *f, void *buf, int n, sqlite3_int64 at)
{
	return inner(f)->pMethods->xRead(inner(f), buf, n, at);
}

static int x_write(sqlite3_file *f, const void *buf, int n, sqlite3_int64 at)
{
	if (fails()) {
		if (plan.torn)
			inner(f)->pMethods->xWrite(inner(f), buf, n / 2, at);
		return plan.code;
	}
	__atomic_add_fetch(&bytes, n, __ATOMIC_SEQ_CST);
	return inner(f)->pMethods->xWrite(inner(f), buf, n, at);
}

static int x_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	return fails() ? plan.code : inner(f)->pMethods->xTruncate(inner(f), size);
}

static int x_sync(sqlite3_file *f, int flags)
{
	if (fails())
		return plan.code;
	__atomic_add_fetch(&syncs, 1, __ATOMIC_SEQ_CST);
	return inner(f)->pMethods->xSync(inner(f), flags);
}

static int x_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	return inner(f)->pMethods->xFileSize(inner(f), ret);
}

static int x_lock(sqlite3_file *f, int how)
{
	return inner(f)->pMethods->xLock(inner(f), how);
}

static int x_unlock(sqlite3_file *f, int how)
{
	return inner(f)->pMethods->xUnlock(inner(f), how);
}

static int x_reserved(sqlite3_file *f, int *ret)
{
	return inner(f)->pMethods->xCheckReservedLock(inner(f), ret);
}

static int x_control(sqlite3_file *f, int op, void *arg)
{
	return inner(f)->pMethods->xFileControl(inner(f), op, arg);
}

static int x_sector(sqlite3_file *f)
{
	return inner(f)->pMethods->xSectorSize(inner(f));
}

static int x_device(sqlite3_file *f)
{
	return inner(f)->pMethods->xDeviceCharacteristics(inner(f));
}

static int x_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **ret)
{
	return inner(f)->pMethods->xShmMap(inner(f), page, size, extend, ret);
}

static int x_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	return inner(f)->pMethods->xShmLock(inner(f), at, n, flags);
}

static void x_shm_barrier(sqlite3_file *f)
{
	inner(f)->pMethods->xShmBarrier(inner(f));
}

static int x_shm_unmap(sqlite3_file *f, int delete)
{
	return inner(f)->pMethods->xShmUnmap(inner(f), delete);
}

static const sqlite3_io_methods methods = {
	.iVersion = 2,
	.xClose = x_close,
	.xRead = x_read,
	.xWrite = x_write,
	.xTruncate = x_truncate,
	.xSync = x_sync,
	.xFileSize = x_size,
	.xLock = x_lock,
	.xUnlock = x_unlock,
	.xCheckReservedLock = x_reserved,
	.xFileControl = x_control,
	.xSectorSize = x_sector,
	.xDeviceCharacteristics = x_device,
	.xShmMap = x_shm_map,
	.xShmLock = x_shm_lock,
	.xShmBarrier = x_shm_barrier,
	.xShmUnmap = x_shm_unmap,
};

/* ---- the file system ---- */

static int x_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	struct fault_file *ff = (struct fault_file *)f;
	int rc;

	(void)vfs;
	ff->base.pMethods = NULL;
	ff->real = (sqlite3_file *)(void *)(ff + 1);
	if ((flags & SQLITE_OPEN_CREATE) && fails())
		return SQLITE_CANTOPEN;
	rc = real->xOpen(real, name, ff->real, flags, ret_flags);
	if (ff->real->pMethods)
		ff->base.pMethods = &methods;
	return rc;
}

static int x_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
	(void)vfs;
	return fails() ? SQLITE_IOERR_DELETE : real->xDelete(real, name, sync_dir);
}

void fault_vfs_install(void)
{
	static sqlite3_vfs vfs;

	if (real)
		return;
	real = sqlite3_vfs_find(NULL);
	vfs = *real; /* all but these two do not know which file system they belong to */
	vfs.zName = "fault";
	vfs.szOsFile = (int)sizeof(struct fault_file) + real->szOsFile;
	vfs.xOpen = x_open;
	vfs.xDelete = x_delete;
	vfs.pNext = NULL;
	sqlite3_vfs_register(&vfs, 1);
}
