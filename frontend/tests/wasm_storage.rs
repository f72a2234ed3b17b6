//! The browser's storage in a real browser: agents and runs come back as they were, and what cannot be had is named.
#![cfg(target_arch = "wasm32")]

use frontend::files;
use frontend::services::library_file::{FileError, Item, ItemContent, OpenedFile, open_file};
use frontend::services::storage::{KeptRun, Storage, StorageError};
use frontend::store::{RunView, history};
use rexie::{ObjectStore, Rexie};
use run::Run;
use run::host::Host;
use shared::checkpoint::Checkpoint;
use shared::command::{Answer, Command};
use shared::event::Speed;
use shared::{Offset, RunId, RunSpec, Seed, ServerMessage, agent_file, codec};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

/// A database of its own for every test, so that they cannot meet.
async fn storage(name: &str) -> Storage {
    Storage::open_named(name).await.unwrap()
}

/// A run that learned for some episodes, and what a page saw of it.
fn learned(episodes: u64) -> (Checkpoint, RunView) {
    let run = Run::new(RunSpec::new("gridworld", "q-learning", Seed::new(42).unwrap())).unwrap();
    let mut host = Host::new(run, codec::plain, 0.0);
    host.command(Command::Resume { until_episode: Some(episodes) });
    let name = RunId::new("lab").unwrap();
    let mut view = RunView::new(name.clone());
    let (epoch, offset) = (host.epoch(), Offset(0));
    let (history, snapshot) = (0, Vec::new());
    view.apply(&ServerMessage::Subscribed { run: name.clone(), epoch, offset, recovered: false, history, snapshot });
    let mut now = 0.0;
    while host.run().is_moving() {
        let mut clock = || {
            now += 1.0;
            now
        };
        let entries = host.turn(&mut clock, 8.0, true).unwrap().log;
        view.apply(&ServerMessage::Log { run: name.clone(), epoch, entries });
    }
    match host.command(Command::Save {}) {
        Answer::Accepted { checkpoint: Some(checkpoint) } => (*checkpoint, view),
        other => panic!("{other:?}"),
    }
}

fn run_of(checkpoint: &Checkpoint) -> ItemContent {
    ItemContent::Run(Box::new(checkpoint.clone()))
}

#[wasm_bindgen_test]
async fn what_is_saved_comes_back_newest_first() {
    let storage = storage("agents").await;
    let (young, _) = learned(10);
    let (old, _) = learned(200);
    let first = storage.save("young", "Gridworld · Q-learning", &run_of(&young)).await.unwrap();
    let second = storage.save("old", "Gridworld · Q-learning", &run_of(&old)).await.unwrap();
    let names: Vec<_> = storage.list().await.unwrap().into_iter().map(|agent| (agent.name, agent.episodes)).collect();
    assert_eq!(names, [("old".to_owned(), 200), ("young".to_owned(), 10)]);
    assert_eq!(storage.load(&first).await.unwrap(), run_of(&young));
    assert_eq!(storage.load(&second).await.unwrap(), run_of(&old));

    let deleted = storage.delete(&first).await.unwrap().unwrap();
    assert_eq!(storage.list().await.unwrap(), [second.clone()]);
    let error = storage.load(&first).await.unwrap_err();
    assert!(matches!(error, StorageError::Missing { .. }), "{error}");
    assert_eq!(storage.delete(&first).await.unwrap(), None);

    storage.restore(&deleted).await.unwrap();
    assert_eq!(storage.list().await.unwrap(), [second, first.clone()]);
    assert_eq!(storage.load(&first).await.unwrap(), run_of(&young));
}

#[wasm_bindgen_test]
async fn the_browser_compresses_agents_into_files_that_everybody_reads() {
    let (checkpoint, _) = learned(200);
    let file = files::pack_agent(&checkpoint).await.unwrap();
    assert_eq!(agent_file::read(&file).unwrap(), checkpoint);
    let plain = agent_file::body(&checkpoint).unwrap().len();
    assert!(file.len() < plain, "{} bytes instead of {plain}", file.len());
}

#[wasm_bindgen_test]
async fn what_is_kept_has_no_limit_of_messages() {
    let (mut checkpoint, view) = learned(10);
    let values = codec::MAX_MESSAGE_BYTES / 8 + 1;
    checkpoint.agent.numbers.insert("weights".into(), (0..values).map(|index| index as f64).collect());
    let storage = storage("large").await;
    let saved = storage.save("large", "Large", &run_of(&checkpoint)).await.unwrap();
    assert_eq!(storage.load(&saved).await.unwrap(), run_of(&checkpoint));
    let run = KeptRun { checkpoint, history: history::until(&view, u64::MAX), was_running: false, speed: Speed::Full };
    storage.keep_run("lab", Some(&run)).await.unwrap();
    assert_eq!(storage.kept_run("lab").await.unwrap(), Some(run));
}

#[wasm_bindgen_test]
async fn the_run_on_show_survives_with_its_curves() {
    let (checkpoint, view) = learned(500);
    let run = KeptRun {
        checkpoint,
        history: history::until(&view, u64::MAX),
        was_running: true,
        speed: Speed::StepsPerSecond(25.0),
    };
    let first = storage("runs").await;
    assert_eq!(first.kept_run("lab").await.unwrap(), None);
    first.keep_run("lab", Some(&run)).await.unwrap();
    first.close();
    let second = storage("runs").await;
    let kept = second.kept_run("lab").await.unwrap().unwrap();
    assert_eq!(kept.history.episodes(), 500);
    assert_eq!(kept, run);
    second.keep_run("lab", None).await.unwrap();
    assert_eq!(second.kept_run("lab").await.unwrap(), None);
}

#[wasm_bindgen_test]
async fn what_a_newer_page_wrote_is_not_touched() {
    let newer = Rexie::builder("newer").version(2).add_object_store(ObjectStore::new("agents")).build().await.unwrap();
    newer.close();
    let error = Storage::open_named("newer").await.unwrap_err();
    assert!(matches!(error, StorageError::NewerSchema), "{error}");
}

#[wasm_bindgen_test]
async fn names_notes_and_tags_stay_with_what_was_saved() {
    let storage = storage("labels").await;
    let (checkpoint, _) = learned(10);
    let saved = storage.save("first", "Gridworld", &run_of(&checkpoint)).await.unwrap();
    let named =
        Item { name: "better".into(), note: "two\nlines".into(), tags: vec!["lecture 3".into()], ..saved.clone() };
    storage.relabel(&named).await.unwrap();
    assert_eq!(storage.list().await.unwrap(), [named.clone()]);
    assert_eq!(storage.load(&named).await.unwrap(), run_of(&checkpoint));
}

#[wasm_bindgen_test]
async fn a_library_moves_as_one_file_and_a_damaged_one_changes_nothing() {
    let (from, to) = (storage("from").await, storage("to").await);
    let (checkpoint, _) = learned(20);
    from.save("run", "Gridworld", &run_of(&checkpoint)).await.unwrap();
    let query = ItemContent::Comparison("env=gridworld&agent=sarsa".into());
    from.save("comparison", "Gridworld", &query).await.unwrap();
    let items = from.list().await.unwrap();
    let archive = from.archive(&items).await.unwrap();

    assert!(matches!(open_file(&archive[..archive.len() - 3]), Err(FileError::Archive(_))));
    let Ok(OpenedFile::Archive(packed)) = open_file(&archive) else { panic!("no archive") };
    assert_eq!(to.take_in(&packed).await.unwrap(), 2);
    assert_eq!(to.list().await.unwrap(), items);
    for item in &items {
        assert_eq!(to.load(item).await.unwrap(), from.load(item).await.unwrap());
    }
    assert_eq!(to.take_in(&packed).await.unwrap(), 0);
}
