//! What is kept of alerts: how rules stand for runs, and news that were not told yet.

use super::sql::{signed, unsigned};
use crate::alerts::{AlertNote, KeptAlerts};
use rusqlite::{Connection, Row, params};

/// All that is kept.
pub(super) fn all(connection: &Connection) -> Result<KeptAlerts, rusqlite::Error> {
    let mut standings = connection.prepare("SELECT rule, run, standing FROM standings")?;
    let columns = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    let standings = standings.query_map([], columns)?.collect::<Result<_, _>>()?;
    let mut news = connection.prepare("SELECT number, rule, body FROM news ORDER BY number")?;
    let columns = |row: &Row<'_>| Ok((unsigned(row.get(0)?), row.get(1)?, row.get(2)?));
    let news = news.query_map([], columns)?.collect::<Result<_, _>>()?;
    Ok(KeptAlerts { standings, news })
}

/// Keeps something.
pub(super) fn keep(connection: &Connection, note: &AlertNote) -> Result<(), rusqlite::Error> {
    match note {
        AlertNote::Standing { rule, run, standing, news } => {
            let mut replace = connection
                .prepare_cached("INSERT OR REPLACE INTO standings (rule, run, standing) VALUES (?1, ?2, ?3)")?;
            replace.execute([rule, run, standing])?;
            if let Some((number, body)) = news {
                let add = "INSERT OR REPLACE INTO news (number, rule, body) VALUES (?1, ?2, ?3)";
                connection.execute(add, params![signed(*number), rule, body])?;
            }
        }
        AlertNote::Told(number) => {
            connection.execute("DELETE FROM news WHERE number = ?1", [signed(*number)])?;
        }
        AlertNote::Only(rules) => {
            let rules = serde_json::json!(rules).to_string();
            for table in ["standings", "news"] {
                let clear = format!("DELETE FROM {table} WHERE rule NOT IN (SELECT value FROM json_each(?1))");
                connection.execute(&clear, [&rules])?;
            }
        }
    }
    Ok(())
}
