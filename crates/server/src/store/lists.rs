//! Do-not-fax lists.
//!
//! A list may have a million entries, and calls go on while they are written: in transactions of a few, with room for others between
//! them. Until the last one is there nothing of an import holds; then all of it does, in one small transaction. What it replaces
//! is removed afterwards, in the same small steps. An import that was cut off leaves a part that is never in force, and is
//! swept.

use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use serde::Serialize;

use super::rows::{At, Json, Word};
use super::writer::Tx;
use super::{Store, StoreError};
use crate::lists::{Entry, List, keys};

/// Entries written or removed in one transaction.
const BATCH: usize = 2000;
/// How long others may write, in this process or another, before the next one.
const PAUSE: Duration = Duration::from_millis(10);
/// No import takes so long: an older one that is not in force was cut off.
const IMPORT_HOURS_MAX: i64 = 6;

const IMPORTING: &str = "importing";
const IN_FORCE: &str = "in_force";
const RETIRED: &str = "retired";

/// What becomes of the entries a list has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Import {
    /// The new ones are the list.
    Replace,
    /// They stay; of equal numbers the new one counts.
    Add,
}

/// An entry as it is in force. Its number never appears in `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct EntryView {
    pub number: String,
    pub comment: Option<String>,
    pub date: Option<Date>,
    pub added_at: Timestamp,
}

impl std::fmt::Debug for EntryView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EntryView").field("added_at", &self.added_at).finish_non_exhaustive()
    }
}

/// A list but for its entries.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ListView {
    pub list: List,
    /// A number that was added by another import once more counts each time.
    pub entries: u64,
}

impl Store {
    /// Brings these entries, in the order of their numbers, into force. Returns how many the list has then.
    ///
    /// [`StoreError::UnknownCustomer`]; [`StoreError::TooMany`] above [`List::entries_max`].
    pub async fn import_list(
        &self,
        list: &List,
        entries: Vec<Entry>,
        import: Import,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let (name, max, more) = (list.clone(), list.entries_max(), entries.len());
        let (list, part) = self
            .writer
            .run(move |tx| {
                let list = make(tx, &name)?;
                let there = if import == Import::Add { entries_in_force(tx.connection, list)? } else { 0 };
                room(there, more, max)?;
                Ok((list, new_part(tx, list, IMPORTING, now)?))
            })
            .await?;
        let mut entries = entries.into_iter().peekable();
        while entries.peek().is_some() {
            let batch: Vec<Entry> = entries.by_ref().take(BATCH).collect();
            self.writer.run(move |tx| put_all(tx, (list, part), &batch, now)).await?;
            tokio::time::sleep(PAUSE).await;
        }
        let there = self
            .writer
            .run(move |tx| {
                if import == Import::Replace {
                    change(tx, "list = ?2 AND state = 'in_force'", RETIRED, list)?;
                }
                match change(tx, "id = ?2 AND state = 'importing'", IN_FORCE, part)? {
                    1 => entries_in_force(tx.connection, list),
                    _ => Err(StoreError::Stale),
                }
            })
            .await?;
        self.remove_retired().await?;
        Ok(there)
    }

    /// Adds one entry, or replaces the one of the same number. Whether it is new.
    ///
    /// [`StoreError::UnknownCustomer`]; [`StoreError::TooMany`] above [`List::entries_max`].
    pub async fn add_to_list(&self, list: &List, entry: Entry, now: Timestamp) -> Result<bool, StoreError> {
        let name = list.clone();
        self.writer
            .run(move |tx| {
                let list = make(tx, &name)?;
                let before = delete(tx, list, &entry.number)?;
                room(entries_in_force(tx.connection, list)?, 1, name.entries_max())?;
                let last = "SELECT max(id) FROM list_parts WHERE list = ?1 AND state = 'in_force'";
                let last: Option<i64> = tx.connection.prepare_cached(last)?.query_row([list], |row| row.get(0))?;
                let part = last.map_or_else(|| new_part(tx, list, IN_FORCE, now), Ok)?;
                put(tx, (list, part), &entry, now)?;
                count(tx, part, 1)?;
                Ok(!before)
            })
            .await
    }

    /// Removes the entry with this number, as lists have it. Whether there was one.
    pub async fn remove_from_list(&self, list: &List, number: &str) -> Result<bool, StoreError> {
        let (name, number) = (list.clone(), number.to_owned());
        self.writer
            .run(move |tx| match find(tx.connection, &name)? {
                Some(list) => delete(tx, list, &number),
                None => Ok(false),
            })
            .await
    }

    /// The next entries after that number, in the order of numbers.
    pub async fn list_page(&self, list: &List, after: &str, limit: u32) -> Result<Vec<EntryView>, StoreError> {
        let (name, after) = (list.clone(), after.to_owned());
        self.readers
            .run(move |connection| {
                let Some(list) = find(connection, &name)? else { return Ok(Vec::new()) };
                let mut statement = connection.prepare_cached(
                    "SELECT e.number_key, e.comment, e.dated, e.added_at, max(e.part)
                     FROM list_entries e JOIN list_parts p ON p.id = e.part AND p.state = 'in_force'
                     WHERE e.list = ?1 AND e.number_key > ?2 GROUP BY e.number_key ORDER BY e.number_key LIMIT ?3",
                )?;
                let views = statement.query_map(params![list, after, limit], view)?;
                Ok(views.collect::<Result<_, _>>()?)
            })
            .await
    }

    /// The entry that bars this number, as dialled: its own, or the longest that stands for many.
    pub async fn find_in_list(&self, list: &List, number: &str) -> Result<Option<EntryView>, StoreError> {
        let (name, number) = (list.clone(), number.to_owned());
        self.readers
            .run(move |connection| {
                let Some(list) = find(connection, &name)? else { return Ok(None) };
                let found = connection
                    .prepare_cached(
                        "SELECT e.number_key, e.comment, e.dated, e.added_at
                         FROM list_entries e JOIN list_parts p ON p.id = e.part AND p.state = 'in_force'
                         WHERE e.list = ?1 AND e.number_key IN (SELECT value FROM json_each(?2))
                         ORDER BY e.number_key = ?3 DESC, length(e.number_key) DESC, e.part DESC LIMIT 1",
                    )?
                    .query_row(params![list, Json(keys(&number)), number], view);
                Ok(found.optional()?)
            })
            .await
    }

    /// Every list that has entries.
    pub async fn lists(&self) -> Result<Vec<ListView>, StoreError> {
        self.readers
            .run(|connection| {
                let mut statement =
                    connection.prepare_cached("SELECT id, name, customer FROM lists ORDER BY customer, name")?;
                let lists = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
                let mut views = Vec::new();
                for list in lists {
                    let (id, name, customer): (i64, String, String) = list?;
                    let entries = entries_in_force(connection, id)?;
                    views.extend(List::of(&name, &customer).map(|list| ListView { list, entries }));
                }
                views.retain(|view| view.entries > 0);
                Ok(views)
            })
            .await
    }

    /// Removes what imports left that were cut off, and what was replaced. Returns how many entries.
    pub async fn sweep_lists(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.writer
            .run(move |tx| {
                let before = now.as_microsecond().saturating_sub(IMPORT_HOURS_MAX * 3_600_000_000);
                change(tx, "state = 'importing' AND started_at <= ?2", RETIRED, before)
            })
            .await?;
        self.remove_retired().await
    }

    async fn remove_retired(&self) -> Result<usize, StoreError> {
        let mut removed = 0;
        let mut place = Some((0, String::new()));
        while let Some((part, after)) = place {
            let (count, next) = self.writer.run(move |tx| remove_some(tx, part, &after)).await?;
            removed += count;
            place = next;
            tokio::time::sleep(PAUSE).await;
        }
        Ok(removed)
    }
}

/// The list that bars this number; the customer's own before the others, and those only where they are asked for.
pub(super) fn listed(
    connection: &Connection,
    number: &str,
    customer: &str,
    public: bool,
) -> Result<Option<List>, StoreError> {
    let mut lists = connection.prepare_cached(
        "SELECT id, name FROM lists WHERE customer = ?1 OR (?2 AND customer = '') ORDER BY customer DESC, name",
    )?;
    let mut lists = lists.query(params![customer, public])?;
    let mut found = connection.prepare_cached(
        "SELECT 1 FROM list_entries e JOIN list_parts p ON p.id = e.part AND p.state = 'in_force'
         WHERE e.list = ?1 AND e.number_key IN (SELECT value FROM json_each(?2))",
    )?;
    while let Some(row) = lists.next()? {
        let (list, name): (i64, String) = (row.get(0)?, row.get(1)?);
        if found.exists(params![list, Json(keys(number))])? {
            return Ok(List::of(&name, customer));
        }
    }
    Ok(None)
}

fn view(row: &Row<'_>) -> rusqlite::Result<EntryView> {
    let At(added_at) = row.get("added_at")?;
    Ok(EntryView {
        number: row.get("number_key")?,
        comment: row.get("comment")?,
        date: row.get::<_, Option<_>>("dated")?.map(|Word(date)| date),
        added_at,
    })
}

fn find(connection: &Connection, list: &List) -> Result<Option<i64>, StoreError> {
    let found = connection
        .prepare_cached("SELECT id FROM lists WHERE customer = ?1 AND name = ?2")?
        .query_row([list.customer(), list.name()], |row| row.get(0));
    Ok(found.optional()?)
}

/// Its row; made where it is missing.
fn make(tx: &Tx<'_>, list: &List) -> Result<i64, StoreError> {
    if let Some(id) = find(tx.connection, list)? {
        return Ok(id);
    }
    if let List::Customer(customer) = list
        && !tx.connection.prepare_cached("SELECT 1 FROM customers WHERE number = ?1")?.exists([customer])?
    {
        return Err(StoreError::UnknownCustomer);
    }
    tx.connection
        .prepare_cached("INSERT INTO lists (customer, name) VALUES (?1, ?2)")?
        .execute([list.customer(), list.name()])?;
    Ok(tx.connection.last_insert_rowid())
}

fn new_part(tx: &Tx<'_>, list: i64, state: &str, now: Timestamp) -> Result<i64, StoreError> {
    tx.connection
        .prepare_cached("INSERT INTO list_parts (list, state, started_at) VALUES (?1, ?2, ?3)")?
        .execute(params![list, state, At(now)])?;
    Ok(tx.connection.last_insert_rowid())
}

fn change(tx: &Tx<'_>, which: &str, state: &str, value: i64) -> Result<usize, StoreError> {
    let sql = format!("UPDATE list_parts SET state = ?1 WHERE {which}");
    Ok(tx.connection.prepare_cached(&sql)?.execute(params![state, value])?)
}

/// Into a part that is being imported, if it still is.
fn put_all(tx: &Tx<'_>, (list, part): (i64, i64), entries: &[Entry], now: Timestamp) -> Result<(), StoreError> {
    let importing = "SELECT 1 FROM list_parts WHERE id = ?1 AND state = 'importing'";
    if !tx.connection.prepare_cached(importing)?.exists([part])? {
        return Err(StoreError::Stale);
    }
    entries.iter().try_for_each(|entry| put(tx, (list, part), entry, now))?;
    count(tx, part, i64::try_from(entries.len()).map_err(StoreError::internal)?)
}

fn put(tx: &Tx<'_>, (list, part): (i64, i64), entry: &Entry, now: Timestamp) -> Result<(), StoreError> {
    tx.connection
        .prepare_cached(
            "INSERT OR REPLACE INTO list_entries (list, number_key, part, comment, dated, added_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![list, entry.number, part, entry.comment, entry.date.map(Word), At(now)])?;
    Ok(())
}

fn delete(tx: &Tx<'_>, list: i64, number: &str) -> Result<bool, StoreError> {
    let mut parts = tx.connection.prepare_cached(
        "DELETE FROM list_entries WHERE list = ?1 AND number_key = ?2
             AND part IN (SELECT id FROM list_parts WHERE list = ?1 AND state = 'in_force')
         RETURNING part",
    )?;
    let parts = parts.query_map(params![list, number], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    parts.iter().try_for_each(|part| count(tx, *part, -1))?;
    Ok(!parts.is_empty())
}

fn count(tx: &Tx<'_>, part: i64, more: i64) -> Result<(), StoreError> {
    tx.connection
        .prepare_cached("UPDATE list_parts SET entries = entries + ?2 WHERE id = ?1")?
        .execute([part, more])?;
    Ok(())
}

fn entries_in_force(connection: &Connection, list: i64) -> Result<u64, StoreError> {
    let count: i64 = connection
        .prepare_cached("SELECT coalesce(sum(entries), 0) FROM list_parts WHERE list = ?1 AND state = 'in_force'")?
        .query_row([list], |row| row.get(0))?;
    Ok(count.unsigned_abs())
}

fn room(there: u64, more: usize, max: usize) -> Result<(), StoreError> {
    let there = usize::try_from(there).unwrap_or(usize::MAX);
    if there.saturating_add(more) > max { Err(StoreError::TooMany) } else { Ok(()) }
}

/// Removes the next entries of a retired part, after that number, or the first of another part. Returns how many, and where to go
/// on; nowhere when all are gone.
fn remove_some(tx: &Tx<'_>, part: i64, after: &str) -> Result<(usize, Option<(i64, String)>), StoreError> {
    let retired = "SELECT id, list FROM list_parts WHERE state = 'retired' AND id >= ?1 ORDER BY id LIMIT 1";
    let retired = tx.connection.prepare_cached(retired)?.query_row([part], |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((id, list)): Option<(i64, i64)> = retired.optional()? else { return Ok((0, None)) };
    let after = if id == part { after } else { "" };
    let up_to: Option<String> = tx
        .connection
        .prepare_cached(&format!(
            "SELECT number_key FROM list_entries WHERE list = ?1 AND number_key > ?2
             ORDER BY number_key LIMIT 1 OFFSET {BATCH}"
        ))?
        .query_row(params![list, after], |row| row.get(0))
        .optional()?;
    let removed = tx
        .connection
        .prepare_cached(
            "DELETE FROM list_entries
             WHERE list = ?1 AND number_key > ?2 AND number_key <= coalesce(?3, char(0x10FFFF)) AND part = ?4",
        )?
        .execute(params![list, after, up_to, id])?;
    if up_to.is_none() {
        tx.connection.prepare_cached("DELETE FROM list_parts WHERE id = ?1")?.execute([id])?;
    }
    let next = up_to.map_or((id + 1, String::new()), |up_to| (id, up_to));
    Ok((removed, Some(next)))
}
