import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * File systems, by the type that statfs gives, on which other machines or programs write: the kernel sees nothing of it
 * and tells nobody, and the numbers of their files may change. From linux/magic.h and the sources of each.
 */
const REMOTE = new Map<number, string>([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x517b, 'SMB'],
  [0x65735546, 'FUSE (sshfs, s3fs, GlusterFS, virtiofs)'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'kAFS'],
  [0x73757245, 'Coda'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x47504653, 'GPFS'],
  [0x786f4256, 'VirtualBox shared folder'],
  [0xbacbacbc, 'VMware shared folder'],
]);

/** Name of a file system on which others may write unseen; undefined: this machine alone does, or nobody knows. */
export function remoteKind(type: number): string | undefined {
  return REMOTE.get(type);
}

/** The same for the one that a folder is on. */
export function remoteKindOf(folder: string): string | undefined {
  try {
    return remoteKind(statfsSync(folder).type);
  } catch {
    return undefined; // not there, or not Linux
  }
}

/** Whether a file is on such a file system. */
export function isRemote(path: string): boolean {
  return remoteKindOf(dirname(path)) !== undefined;
}
