"""Backup and restore: one dump that both engines write and read, checked when it is read back."""

from voucher.backup.errors import BackupError
from voucher.backup.making import BackupReport, back_up
from voucher.backup.restoring import RestoreReport, restore

__all__ = ["BackupError", "BackupReport", "RestoreReport", "back_up", "restore"]
