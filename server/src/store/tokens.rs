//! Tokens, whom runs belong to, and what people say of them. Of a token only the SHA-256 hash of its 256 random bits is kept.

use super::StoreError;
use super::sql::is_corrupt;
use crate::access::{self, Grant, Grants, Hash, Scope};
use crate::clock::now_millis;
use crate::log::Remark;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::RunId;
use shared::codec::hexadecimal;
use shared::message::Role;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use subtle::ConstantTimeEq as _;

/// What is left of a token once it was made.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    pub(crate) id: String,
    pub(crate) role: String,
    pub(crate) runs: String,
    pub(crate) note: String,
    pub(crate) expires_millis: Option<f64>,
    pub(crate) revoked_millis: Option<f64>,
}

impl Description {
    /// Why it opens nothing any longer at a moment.
    pub(crate) fn over(&self, now_millis: f64) -> Option<&'static str> {
        if self.revoked_millis.is_some() {
            return Some("was revoked");
        }
        self.expires_millis.is_some_and(|it| it <= now_millis).then_some("has expired")
    }
}

const COLUMNS: &str = "id, role, runs, note, expires_millis, revoked_millis";

fn description(row: &Row<'_>) -> Result<Description, rusqlite::Error> {
    Ok(Description {
        id: row.get(0)?,
        role: row.get(1)?,
        runs: row.get(2)?,
        note: row.get(3)?,
        expires_millis: row.get(4)?,
        revoked_millis: row.get(5)?,
    })
}

/// All tokens, the oldest first.
pub(crate) fn list(connection: &Connection) -> Result<Vec<Description>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM tokens ORDER BY created_millis"))?;
    statement.query_map([], description)?.collect()
}

/// The token with this hash, and the roles that want one.
pub(super) fn grants(connection: &Connection, given: Option<Hash>, now_millis: f64) -> Result<Grants, rusqlite::Error> {
    // A role whose last token ends stays closed.
    let all = list(connection)?;
    let roles: BTreeSet<Role> = all.iter().filter_map(|it| access::role(&it.role)).collect();
    let lost = all.into_iter().find(|it| access::role(&it.role).is_none() && it.over(now_millis).is_none());
    let lost = lost.map(|it| it.note);
    let Some(given) = given else { return Ok(Grants { found: None, roles, lost }) };
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS}, hash FROM tokens WHERE hash = ?1"))?;
    // The database finds it by its hash, of which nobody can choose the bits; that it is this one is compared once more.
    let found = statement.query_row([given], |row| Ok((description(row)?, row.get::<_, Vec<u8>>(6)?))).optional()?;
    let found = found.filter(|(_, hash)| hash.ct_eq(&given).into()).and_then(|(token, _)| {
        let (role, over) = (access::role(&token.role)?, token.over(now_millis));
        Some(Grant { id: token.id, role, scope: Scope::new(token.runs), over })
    });
    Ok(Grants { found, roles, lost })
}

/// The number of the mark of lost tokens.
const LOST: &str = "lost";

/// Marks that tokens were lost by damage, so that roles that had some do not open to everybody. It stands among the tokens, for
/// no role, and can be revoked like one.
pub(super) fn lose(connection: &Connection, kept_as: &Path) -> Result<(), rusqlite::Error> {
    let mark = "INSERT OR REPLACE INTO tokens (id, hash, role, runs, note, created_millis)
                VALUES (?1, zeroblob(32), 'unknown', '', ?2, ?3)";
    let note = format!("not all tokens could be read of the damaged database, which is kept as {}", kept_as.display());
    connection.execute(mark, params![LOST, note, now_millis()])?;
    Ok(())
}

/// Whether every token is for a role that there is, but for the mark of those that were lost before.
pub(super) fn all_have_roles(connection: &Connection) -> Result<bool, rusqlite::Error> {
    Ok(list(connection)?.iter().all(|it| it.id == LOST || access::role(&it.role).is_some()))
}

/// The tokens that open something at present.
pub(super) fn live(connection: &Connection, now_millis: f64) -> Result<BTreeMap<String, String>, rusqlite::Error> {
    Ok(list(connection)?.into_iter().filter(|it| it.over(now_millis).is_none()).map(|it| (it.id, it.note)).collect())
}

/// Makes a token. Gives its number and its secret, which nobody can be told again.
pub(crate) fn create(
    connection: &Connection,
    role: Role,
    runs: &Scope,
    note: &str,
    expires_millis: Option<f64>,
) -> Result<(String, String), StoreError> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|error| StoreError::Random { reason: error.to_string() })?;
    let secret = format!("terrarium_{}", hexadecimal(&bits));
    let hash = access::hash(&secret);
    let id = hexadecimal(&hash[..4]);
    connection.execute(
        "INSERT INTO tokens (id, hash, role, runs, note, created_millis, expires_millis)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![id, hash, access::name(role), runs.as_str(), note, now_millis(), expires_millis],
    )?;
    Ok((id, secret))
}

/// Revokes a token; false if there is none of that number that is not revoked.
pub(crate) fn revoke(connection: &Connection, id: &str) -> Result<bool, rusqlite::Error> {
    let revoke = "UPDATE tokens SET revoked_millis = ?2 WHERE id = ?1 AND revoked_millis IS NULL";
    Ok(connection.execute(revoke, params![id, now_millis()])? > 0)
}

/// Whom runs belong to.
pub(super) fn owners(connection: &Connection) -> Result<BTreeMap<RunId, String>, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT run, owner FROM runs WHERE owner IS NOT NULL")?;
    let mut rows = statement.query([])?;
    let mut owners = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let owner = sound("whom a run belongs to", || Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        if let Some((run, owner)) = owner
            && let Ok(run) = RunId::new(run)
        {
            owners.insert(run, owner);
        }
    }
    Ok(owners)
}

/// A run belongs to somebody from now on.
pub(super) fn own(connection: &Connection, run: &RunId, owner: &str) -> Result<(), rusqlite::Error> {
    let own = "INSERT INTO runs (run, owner) VALUES (?1, ?2) ON CONFLICT (run) DO UPDATE SET owner = excluded.owner";
    connection.execute(own, [run.as_str(), owner])?;
    Ok(())
}

/// What people say of runs.
pub(super) fn remarks(connection: &Connection) -> Result<BTreeMap<RunId, Remark>, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT run, name, note, tags FROM runs")?;
    let mut rows = statement.query([])?;
    let mut remarks = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let said = sound("what people say of a run", || {
            let tags = serde_json::from_str(&row.get::<_, String>(3)?).unwrap_or_default();
            Ok((row.get::<_, String>(0)?, Remark { name: row.get(1)?, note: row.get(2)?, tags }))
        })?;
        if let Some((run, remark)) = said
            && let Ok(run) = RunId::new(run)
        {
            remarks.insert(run, remark);
        }
    }
    Ok(remarks)
}

/// What a row holds; none where it is damaged, which costs the others nothing.
fn sound<T>(what: &str, read: impl FnOnce() -> Result<T, rusqlite::Error>) -> Result<Option<T>, rusqlite::Error> {
    match read() {
        Err(error) if is_corrupt(&error) => {
            tracing::error!(%error, what, "a stored row is damaged and left out");
            Ok(None)
        }
        found => found.map(Some),
    }
}

/// Something is said of a run.
pub(super) fn say(connection: &Connection, run: &RunId, remark: &Remark) -> Result<(), rusqlite::Error> {
    let Remark { name, note, tags } = remark;
    let say = "INSERT INTO runs (run, name, note, tags) VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (run) DO UPDATE SET name = excluded.name, note = excluded.note, tags = excluded.tags";
    connection.execute(say, params![run.as_str(), name, note, serde_json::json!(tags).to_string()])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_row_costs_what_is_said_of_that_run_alone() {
        let connection = Connection::open_in_memory().unwrap();
        let rows = "CREATE TABLE runs (run, owner, name, note, tags);
            INSERT INTO runs VALUES ('a', '1a2b', 'A name', 'a note', '[\"b\"]'),
                ('number', 5, 'other', '', '[]'), ('name', '3c4d', x'ff', '', '[]'), (7, 'x', '', '', '[]'),
                ('tags', NULL, 'untagged', '', 'no JSON');";
        connection.execute_batch(rows).unwrap();
        let remarks = remarks(&connection).unwrap();
        let named: Vec<_> = remarks.iter().map(|(run, it)| (run.as_str(), it.name.as_str())).collect();
        assert_eq!(named, [("a", "A name"), ("number", "other"), ("tags", "untagged")]);
        assert_eq!(remarks[&RunId::new("a").unwrap()].tags, ["b"]);
        let owners = owners(&connection).unwrap();
        let owned: Vec<_> = owners.iter().map(|(run, it)| (run.as_str(), it.as_str())).collect();
        assert_eq!(owned, [("a", "1a2b"), ("name", "3c4d")]);
    }
}
