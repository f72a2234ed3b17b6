//! Types of other crates, and pages that are written piece by piece, as the description of the interface has them: nobody ever
//! holds one. A test compares them with answers.

use std::borrow::Cow;
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, OneOfBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{Number, PartialSchema, ToSchema};

/// A run as the stream lists it.
#[derive(ToSchema)]
#[schema(as = RunSummary)]
#[expect(dead_code, reason = "a description of shared::message::RunSummary")]
pub(crate) struct RunSummarySchema {
    /// Its name.
    run: String,
    /// The present epoch.
    epoch: u64,
    /// Log entries in it.
    entries: u64,
    /// Whether its publisher is connected.
    live: bool,
    /// When its epoch began by its publisher's clock, in milliseconds since 1970.
    started_millis: f64,
    /// Title of the environment and the agent.
    title: String,
    /// Present where it is no run but a host of runs.
    #[schema(nullable = false)]
    is_host: Option<bool>,
    /// When its publisher left; absent while it is connected, or if nobody knows.
    #[schema(nullable = false)]
    left_millis: Option<f64>,
    /// Its epochs before the present one that can still be watched, the newest first; absent where there are none.
    #[schema(nullable = false)]
    earlier: Option<Vec<EpochSchema>>,
    /// Rules that hold for it at present; absent where there are none.
    #[schema(nullable = false)]
    alerts: Option<Vec<RunAlertSchema>>,
    /// What its publisher calls itself, or the last one did; absent where nobody said.
    #[schema(nullable = false)]
    trainer: Option<String>,
    /// What its newest status says that it does; absent where there is none.
    #[schema(nullable = false, pattern = "^(ready|running|paused|ended)$")]
    phase: Option<String>,
}

/// An epoch of a run before the present one.
#[derive(ToSchema)]
#[schema(as = EpochSummary)]
#[expect(dead_code, reason = "a description of shared::message::EpochSummary")]
pub(crate) struct EpochSchema {
    epoch: u64,
    /// Log entries in it.
    entries: u64,
    /// When it began by its publisher's clock, in milliseconds since 1970.
    started_millis: f64,
    /// Title of its environment and agent.
    title: String,
}

/// A rule that holds for a run.
#[derive(ToSchema)]
#[schema(as = RunAlert)]
#[expect(dead_code, reason = "a description of shared::alert::FiringAlert")]
pub(crate) struct RunAlertSchema {
    /// The rule.
    alert: String,
    metric: String,
    /// above, below or not-finite.
    #[schema(pattern = "^(above|below|not-finite)$")]
    is: String,
    threshold: f64,
    /// The value that made it fire; absent if it is not finite.
    #[schema(nullable = false)]
    value: Option<f64>,
    /// Steps of the run then.
    step: u64,
    /// When that was by the publisher's clock, in milliseconds since 1970.
    time_millis: f64,
}

/// A page of a log.
#[derive(ToSchema)]
#[schema(as = LogPage)]
#[expect(dead_code, reason = "pages are written piece by piece")]
pub(crate) struct LogPageSchema {
    run: String,
    epoch: u64,
    entries: Vec<LogEntrySchema>,
    /// The offset to ask for next; the end of the log where it is the one asked for.
    next: u64,
}

/// A log entry.
#[derive(ToSchema)]
#[schema(as = LogEntry)]
#[expect(dead_code, reason = "a description of shared::message::LogEntry")]
pub(crate) struct LogEntrySchema {
    offset: u64,
    /// When it came about by the publisher's clock, in milliseconds since 1970.
    time_millis: f64,
    /// An event of docs/PROTOCOL.md by the name of its kind; `opaque` where it cannot be put into words.
    #[schema(value_type = Object)]
    event: (),
}

/// The newest states of an epoch.
#[derive(ToSchema)]
#[schema(as = StatePage)]
#[expect(dead_code, reason = "a description of what is made of shared::message::StateEntry")]
pub(crate) struct StatePageSchema {
    run: String,
    epoch: u64,
    entries: Vec<StateEntrySchema>,
}

/// The newest state event of a kind.
#[derive(ToSchema)]
#[schema(as = StateEntry)]
#[expect(dead_code, reason = "a description of shared::message::StateEntry")]
pub(crate) struct StateEntrySchema {
    kind: String,
    /// The number of the event within its kind and epoch.
    sequence: u64,
    /// An event of docs/PROTOCOL.md by the name of its kind; `opaque` where it cannot be put into words.
    #[schema(value_type = Object)]
    event: (),
}

/// A command: an object with its name alone, and within it what it takes. docs/PROTOCOL.md says what each of them does.
pub(crate) struct CommandSchema;

impl ToSchema for CommandSchema {
    fn name() -> Cow<'static, str> {
        "Command".into()
    }
}

impl PartialSchema for CommandSchema {
    fn schema() -> RefOr<Schema> {
        let number = |most: usize| {
            let number = ObjectBuilder::new().schema_type(Type::Integer);
            number.minimum(Some(Number::UInt(0))).maximum(Some(Number::UInt(most)))
        };
        let whole = || number(usize::MAX);
        let flag = || ObjectBuilder::new().schema_type(Type::Boolean);
        let text = || ObjectBuilder::new().schema_type(Type::String);
        let real = || ObjectBuilder::new().schema_type(Type::Number);
        let speeds = OneOfBuilder::new()
            .item(text().enum_values(Some(["full"])))
            .item(object().property("steps_per_second", real()).required("steps_per_second"));
        let launched = object()
            .property("spec", object())
            .property("resume", text())
            .property("from", text())
            .property("set", object())
            .property("run", text())
            .property("steps", whole())
            .property("episodes", whole())
            .property("device", text());
        let step = object()
            .property("action", number(usize::from(u16::MAX)))
            .property("box_action", ArrayBuilder::new().items(real()));
        let seed = number((1 << 53) - 1);
        let commands = [
            ("start", object().property("spec", object())),
            ("pause", object()),
            ("resume", object().property("until_episode", whole())),
            ("stop", object()),
            ("reset", object().property("seed", seed)),
            ("step", step),
            ("press", object().property("key", text()).required("key")),
            ("step_episode", object()),
            ("set_speed", object().property("speed", speeds).required("speed")),
            ("set_headless", object().property("headless", flag()).required("headless")),
            ("tune", object().property("parameters", object()).required("parameters")),
            ("watch_greedy", object().property("watch", flag()).required("watch")),
            ("save", object()),
            ("load", object().property("checkpoint", object()).required("checkpoint")),
            ("get_state", object()),
            ("evaluate", object().property("episodes", number(u32::MAX as usize)).required("episodes")),
            ("record_episode", object()),
            ("launch", launched),
            ("cancel", object().property("number", whole()).required("number")),
            ("delete", object().property("directory", text()).required("directory")),
        ];
        let command = object()
            .min_properties(Some(1))
            .max_properties(Some(1))
            .additional_properties(Some(AdditionalProperties::<Schema>::FreeForm(false)));
        let command = commands.into_iter().fold(command, |all, (name, fields)| all.property(name, fields));
        RefOr::T(Schema::Object(command.build()))
    }
}

/// What became of a command.
pub(crate) struct AnswerSchema;

impl ToSchema for AnswerSchema {
    fn name() -> Cow<'static, str> {
        "Answer".into()
    }
}

impl PartialSchema for AnswerSchema {
    fn schema() -> RefOr<Schema> {
        let reason = ObjectBuilder::new().schema_type(Type::String);
        let accepted = object().property("checkpoint", object());
        let rejected = object().property("reason", reason).required("reason");
        let one = |name: &str, content: ObjectBuilder| object().property(name, content).required(name);
        let answers = OneOfBuilder::new().item(one("accepted", accepted)).item(one("rejected", rejected));
        RefOr::T(Schema::OneOf(answers.build()))
    }
}

fn object() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::Object)
}
