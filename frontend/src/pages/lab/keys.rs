//! The keys of the lab: the page's, and those of the environment while somebody plays.

use super::undo::PutAsideReason;
use crate::components::transport::TransportAction;
use crate::keyboard::{REDO, SHIFTED, UNDO};
use crate::session::Session;
use shared::describe::ActionDescription;
use shared::event::Phase;

/// By what somebody holds the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentHold {
    /// A button or a key, until it is pressed again.
    Button,
    /// As long as Shift is held.
    Shift,
}

/// What a key means.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyMeaning {
    /// It plays, and takes the agent's place first if nobody has.
    Play {
        /// The key as the environment knows it.
        key: String,
        /// By what it takes the agent's place.
        takes: Option<AgentHold>,
    },
    /// Shift was a part of another key: the agent gets its place back.
    GiveBack,
    /// What it means on the page.
    Page(TransportAction),
    /// It brings another run back.
    Undo(PutAsideReason),
    /// Nothing here.
    Nothing,
}

/// What a key means for a run that somebody holds or not.
pub fn meaning(session: &Session, key: &str, hold: Option<AgentHold>) -> KeyMeaning {
    let view = session.view();
    let actions = view.started.as_ref().map_or(&[][..], |started| &started.environment.actions);
    meaning_of(key, actions, hold, view.status.phase == Phase::Running)
}

/// While somebody plays, or holds Shift, the environment's keys come first, else the page's. A run that moves is taken over
/// with Shift only.
fn meaning_of(key: &str, actions: &[ActionDescription], hold: Option<AgentHold>, is_running: bool) -> KeyMeaning {
    let (plain, is_shifted) = key.strip_prefix(SHIFTED).map_or((key, false), |key| (key, true));
    let page = match plain {
        UNDO => KeyMeaning::Undo(PutAsideReason::Undone),
        REDO => KeyMeaning::Undo(PutAsideReason::Redone),
        "u" if is_shifted && hold.is_none() => KeyMeaning::Undo(PutAsideReason::Redone),
        "u" if !is_shifted => KeyMeaning::Undo(PutAsideReason::Undone),
        "Escape" if hold.is_some() => KeyMeaning::Page(TransportAction::Play),
        _ if is_shifted => KeyMeaning::Nothing,
        " " => KeyMeaning::Page(TransportAction::Toggle),
        "." => KeyMeaning::Page(TransportAction::Step),
        "e" => KeyMeaning::Page(TransportAction::Episode),
        "r" => KeyMeaning::Page(TransportAction::Reset),
        "g" => KeyMeaning::Page(TransportAction::Greedy),
        "p" => KeyMeaning::Page(TransportAction::Play),
        _ => KeyMeaning::Nothing,
    };
    let played = play_key(actions, plain, is_shifted).filter(|_| plain != "Escape");
    match (played, hold) {
        (Some(key), Some(_)) => KeyMeaning::Play { key, takes: None },
        (Some(key), None) if is_shifted => KeyMeaning::Play { key, takes: Some(AgentHold::Shift) },
        (Some(key), None) if page == KeyMeaning::Nothing && !is_running => {
            KeyMeaning::Play { key, takes: Some(AgentHold::Button) }
        }
        (None, Some(AgentHold::Shift)) if page == KeyMeaning::Nothing => KeyMeaning::GiveBack,
        _ => page,
    }
}

/// The key as an environment with these actions knows it, if it is one that plays. An environment that has arrows takes all
/// four of them: what they mean may depend on its state. With Shift held, a letter may mean the small one.
fn play_key(actions: &[ActionDescription], key: &str, is_shifted: bool) -> Option<String> {
    let is_known = |key: &str| actions.iter().any(|action| action.key == key);
    let arrows = key.starts_with("Arrow") && actions.iter().any(|action| action.key.starts_with("Arrow"));
    let capital = key.to_ascii_uppercase();
    if is_shifted && key.len() == 1 && is_known(&capital) {
        return Some(capital);
    }
    (arrows || is_known(key)).then(|| key.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_key(key: &str, actions: &[&str], hold: Option<AgentHold>, is_running: bool, expected: &KeyMeaning) {
        let actions: Vec<_> = actions.iter().map(|key| ActionDescription::new("act", key, None)).collect();
        assert_eq!(meaning_of(key, &actions, hold, is_running), *expected, "{key} with {hold:?}");
    }

    #[test]
    fn the_environments_keys_come_first_while_somebody_plays_and_the_pages_else() {
        let play = |key: &str, takes| KeyMeaning::Play { key: key.into(), takes };
        let taxi = ["ArrowUp", "p", "d"];
        check_key("p", &taxi, None, false, &KeyMeaning::Page(TransportAction::Play));
        check_key("p", &taxi, Some(AgentHold::Button), false, &play("p", None));
        check_key("d", &taxi, None, false, &play("d", Some(AgentHold::Button)));
        check_key("d", &taxi, None, true, &KeyMeaning::Nothing);
        check_key("ArrowLeft", &taxi, None, false, &play("ArrowLeft", Some(AgentHold::Button)));
        check_key("Escape", &taxi, Some(AgentHold::Button), false, &KeyMeaning::Page(TransportAction::Play));
        check_key("e", &taxi, Some(AgentHold::Button), false, &KeyMeaning::Page(TransportAction::Episode));
    }

    #[test]
    fn shift_takes_over_with_a_key_that_plays_and_with_no_other() {
        let play = |key: &str, takes| KeyMeaning::Play { key: key.into(), takes };
        let gambler = ["e", "E", "1"];
        check_key("Shift+e", &gambler, None, true, &play("E", Some(AgentHold::Shift)));
        check_key("Shift+1", &gambler, Some(AgentHold::Shift), false, &play("1", None));
        check_key("Shift+e", &["e"], Some(AgentHold::Shift), false, &play("e", None));
        check_key("Shift+Tab", &gambler, None, true, &KeyMeaning::Nothing);
        check_key("Shift+Tab", &gambler, Some(AgentHold::Shift), false, &KeyMeaning::GiveBack);
        check_key("Shift+r", &["e"], None, true, &KeyMeaning::Nothing);
        check_key("Shift+u", &["e"], None, true, &KeyMeaning::Undo(PutAsideReason::Redone));
        check_key("u", &["e"], None, true, &KeyMeaning::Undo(PutAsideReason::Undone));
    }
}
