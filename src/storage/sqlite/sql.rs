//! Statements, prepared once for each connection.

use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::storage::verbs::{Inserted, Result};

/// One row or none.
pub(super) fn one<T>(
    conn: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Option<T>> {
    Ok(conn.prepare_cached(sql)?.query_row(params, read).optional()?)
}

/// All rows.
pub(super) fn all<T>(
    conn: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = conn.prepare_cached(sql)?;
    let rows = statement.query_map(params, read)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// Runs a statement; how many rows it changed.
pub(super) fn change(conn: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<usize> {
    Ok(conn.prepare_cached(sql)?.execute(params)?)
}

/// Runs an `INSERT … ON CONFLICT DO NOTHING`.
pub(super) fn insert(conn: &Connection, sql: &str, params: impl rusqlite::Params) -> Result<Inserted> {
    Ok(if change(conn, sql, params)? == 1 { Inserted::Yes } else { Inserted::Conflict })
}
