//! Keys for actions that have no better name than their number.

/// One key for each of up to 64 actions: digits, then letters. Not `r`, with which pages reset.
const KEYS: &str = "1234567890abcdefghijklmnopqstuvwxyzABCDEFGHIJKLMNOPQSTUVWXYZ-=[]";

/// The keys in order.
pub(crate) fn keys() -> impl Iterator<Item = String> {
    KEYS.chars().map(String::from)
}
