//! Commands: to the publisher, and the answer back to who asked.

use crate::harness::{Client, Fixture, hello, request, run, run_test};
use shared::checkpoint::{AgentState, Checkpoint, CopyState};
use shared::command::{Answer, Command};
use shared::message::{ClientMessage, ErrorCode, Role, ServerMessage};
use shared::{RunSpec, Seed, codec};
use std::time::Duration;

async fn ask(controller: &mut Client, request: u64, command: Command) {
    controller.send(&ClientMessage::Command { run: run(), request, command }).await;
}

async fn command(publisher: &mut Client) -> (u64, Command) {
    let pick = |it| match it {
        ServerMessage::Command { request, command, .. } => Some((request, command)),
        _ => None,
    };
    publisher.until(pick).await
}

async fn answer(controller: &mut Client) -> (u64, Answer) {
    let pick = |it| if let ServerMessage::Answer { request, answer } = it { Some((request, answer)) } else { None };
    controller.until(pick).await
}

#[test]
fn everyone_gets_the_answer_to_their_own_question() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let (mut one, mut other) = (fixture.client(Role::Controller).await, fixture.client(Role::Controller).await);
        ask(&mut one, 5, Command::Pause {}).await;
        let (first, pause) = command(&mut publisher).await;
        ask(&mut other, 5, Command::Stop {}).await;
        let (second, stop) = command(&mut publisher).await;
        assert_eq!((pause, stop), (Command::Pause {}, Command::Stop {}));
        assert_ne!(first, second);
        let rejected = Answer::Rejected { reason: "not now".into() };
        publisher.send(&ClientMessage::Answer { request: second, answer: rejected.clone() }).await;
        publisher.send(&ClientMessage::Answer { request: first, answer: Answer::Accepted { checkpoint: None } }).await;
        assert_eq!(answer(&mut one).await, (5, Answer::Accepted { checkpoint: None }));
        assert_eq!(answer(&mut other).await, (5, rejected));
    });
}

#[test]
fn without_a_publisher_commands_are_rejected_with_the_reason() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut controller = fixture.client(Role::Controller).await;
        ask(&mut controller, 1, Command::Pause {}).await;
        let (_, Answer::Rejected { reason }) = answer(&mut controller).await else { panic!("accepted") };
        assert!(reason.contains("no run gridworld"), "{reason}");

        let mut publisher = fixture.publisher(1).await;
        ask(&mut controller, 2, Command::Pause {}).await;
        command(&mut publisher).await;
        drop(publisher);
        let (request, Answer::Rejected { reason }) = answer(&mut controller).await else { panic!("accepted") };
        assert!(request == 2 && reason.contains("disconnected"), "{reason}");

        ask(&mut controller, 3, Command::Pause {}).await;
        let (_, Answer::Rejected { reason }) = answer(&mut controller).await else { panic!("accepted") };
        assert!(reason.contains("not connected"), "{reason}");
    });
}

#[test]
fn a_run_that_ends_answers_what_it_was_asked() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let mut controller = fixture.client(Role::Controller).await;
        ask(&mut controller, 7, Command::Pause {}).await;
        command(&mut publisher).await;
        publisher.send(&ClientMessage::Withdraw { run: run() }).await;
        let (request, Answer::Rejected { reason }) = answer(&mut controller).await else { panic!("accepted") };
        assert!(request == 7 && reason.contains("ended the run before it answered"), "{reason}");
        publisher.settle().await;
    });
}

#[test]
fn an_answer_too_large_as_text_is_named_and_not_sent() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let mut controller = Client::connect(fixture.address()).await.in_text();
        controller.send(&hello(Role::Controller, None)).await;
        ask(&mut controller, 1, Command::Save {}).await;
        let (request, _) = command(&mut publisher).await;
        let mut checkpoint = checkpoint();
        // Half the limit in binary, three times the limit as text.
        checkpoint.agent.numbers.insert("weights".into(), vec![-1.0 / 3.0; codec::MAX_MESSAGE_BYTES / 16].into());
        let answered = Answer::Accepted { checkpoint: Some(Box::new(checkpoint)) };
        publisher.send(&ClientMessage::Answer { request, answer: answered }).await;
        let (_, Answer::Rejected { reason }) = answer(&mut controller).await else { panic!("accepted") };
        assert!(reason.contains("is above the limit of 8388608"), "{reason}");
    });
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        version: 1,
        spec: RunSpec::new("gridworld", "q-learning", Seed::new(7).unwrap()),
        agent: AgentState::default(),
        step: 0,
        episode: 0,
        copy: CopyState::default(),
        further_copies: vec![],
        hash: 0,
        marks: Vec::new().into(),
        recorded_episodes: Vec::new(),
        curves: Vec::new().into(),
    }
}

#[test]
fn an_answer_that_nobody_asked_for_is_out_of_order() {
    run_test(async {
        let fixture = Fixture::new().await;
        let mut publisher = fixture.publisher(1).await;
        let mut stranger = fixture.client(Role::Publisher).await;
        let mut controller = fixture.client(Role::Controller).await;
        ask(&mut controller, 1, Command::Pause {}).await;
        let (request, _) = command(&mut publisher).await;
        let accepted = ClientMessage::Answer { request, answer: Answer::Accepted { checkpoint: None } };
        stranger.send(&accepted).await;
        assert_eq!(stranger.error().await.0, ErrorCode::OutOfOrder);
        publisher.send(&accepted).await;
        assert_eq!(answer(&mut controller).await.0, 1);
        publisher.send(&accepted).await;
        assert_eq!(publisher.error().await.0, ErrorCode::OutOfOrder);
    });
}

#[test]
fn where_the_host_says_nothing_a_command_is_answered_within_the_limit() {
    run_test(async {
        let limit = Duration::from_secs(5);
        let fixture = Fixture::with(|it| it.limits.answered_within = limit).await;
        let mut publisher = fixture.publisher(1).await;
        let mut controller = fixture.client(Role::Controller).await;
        ask(&mut controller, 9, Command::Pause {}).await;
        let (late, _) = command(&mut publisher).await;
        let path = format!("/api/v1/runs/{}/commands", run());
        let over_http = request(fixture.address(), "POST", &path, "", r#"{"pause": {}}"#);
        let (answered, over_http) = tokio::join!(answer(&mut controller), over_http);
        let (9, Answer::Rejected { reason }) = answered else { panic!("{answered:?}") };
        let within = "did not answer within 5 s; it may obey yet";
        assert!(reason.contains(within), "{reason}");
        assert!(over_http.2.contains(within), "{over_http:?}");
        // Its answer comes too late, and it is told so.
        let answer = Answer::Accepted { checkpoint: None };
        publisher.send(&ClientMessage::Answer { request: late, answer }).await;
        assert_eq!(publisher.error().await.0, ErrorCode::OutOfOrder);
    });
}
