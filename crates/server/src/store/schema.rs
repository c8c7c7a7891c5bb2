//! Migrations: SQL files, applied in order, each in one transaction with its version number.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Position + 1 is the version. Files are never changed once released; a change is a new file.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_first.sql"),
    include_str!("migrations/0002_pages_as_asked.sql"),
    include_str!("migrations/0003_delivery.sql"),
    include_str!("migrations/0004_everyone_hears.sql"),
    include_str!("migrations/0005_lanes.sql"),
];

/// Brings the database to this program's version. A newer one is left alone and refused.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    // Another process may be doing the same: look again with the write lock held.
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = tx.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if version > known {
        return Err(StoreError::internal(format!(
            "the database has version {version}, this program knows up to {known}: it was made by a newer release"
        )));
    }
    let done = usize::try_from(version).unwrap_or(0);
    for (sql, number) in MIGRATIONS.iter().zip(1_i64..).skip(done) {
        tx.execute_batch(sql)?;
        tx.pragma_update(None, "user_version", number)?;
    }
    tx.commit()?;
    Ok(())
}
