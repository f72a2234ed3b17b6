//! The texts of the place of hosts.

use super::{Text, say};

/// The place, from Watch.
pub const TITLE: Text = Text("Hosts");
/// What it is.
pub const ABOUT: Text = Text("Machines that start runs on request, each run in a process of its own.");
/// None is there.
pub const NO_HOSTS: Text = Text("No host is connected to this relay. On the machine that is to train, start one:");
/// No relay is known.
pub const NO_RELAY: Text = Text("Hosts come by a relay. On the machine that is to train, start one:");

/// How a host is started, of this relay if one is known.
pub fn host_command(relay: Option<&str>) -> String {
    format!("terrarium host --relay {} --slots 2 --runs runs", relay.unwrap_or("ws://127.0.0.1:8080"))
}

/// What happens then.
pub const HOST_NOTE: Text =
    Text("It appears here at once. Whoever controls the relay starts runs on it from this page.");
/// Title of the table that names runs.
pub const RUN_NAMES: Text = Text("Names and tags of runs");
/// What they are for.
pub const RUN_NAMES_NOTE: Text = Text(
    "Watch shows them on the cards and finds runs by them. Addresses keep the run's own name. Tags have commas between them.",
);
/// Why they cannot be changed here.
pub const RUN_NAMES_READ_ONLY: Text =
    Text("They are changed with the token of a controller, on the page that the relay serves itself.");
/// Nothing was heard of what was asked for.
pub const NOT_SENT: Text = Text("the relay cannot be reached; try again");

/// What a field holds.
pub fn name_of(run: &str) -> String {
    say!("Name of {run}", run)
}

/// What a field holds.
pub fn tags_of(run: &str) -> String {
    say!("Tags of {run}", run)
}

/// The relay refused to name or tag a run, in its words.
pub fn not_renamed(run: &str, reason: &str) -> String {
    say!("{run} keeps its name and tags: {reason}.", run, reason)
}

/// Why it does, where no reason was given: the status of HTTP.
pub fn answered(status: u16) -> String {
    say!("the answer has the HTTP status {status}; try again", status)
}

/// The relay was not heard yet.
pub const WAITING: Text = Text("Asking the relay for its hosts…");
/// Opens the form.
pub const NEW_RUN: Text = Text("New run");
/// Leaves the form.
pub const ALL_HOSTS: Text = Text("All hosts");
/// A host that is connected.
pub const CONNECTED: Text = Text("connected");
/// Title of a list.
pub const DEVICES: Text = Text("Devices");
/// A run's state.
pub const QUEUED: Text = Text("waits for a slot");
/// A run's state.
pub const STARTING: Text = Text("starting");
/// A run's state.
pub const RUNNING: Text = Text("running");
/// A run's state.
pub const PAUSED: Text = Text("paused");
/// A run's state.
pub const ENDED: Text = Text("ended");
/// A run's state.
pub const FAILED: Text = Text("failed");
/// A run's state.
pub const KILLED: Text = Text("killed");
/// A run's state, where its host has gone.
pub const UNKNOWN: Text = Text("not known");
/// Nothing was launched.
pub const NO_RUNS_YET: Text = Text("No run was started on this host yet.");
/// Button.
pub const PAUSE: Text = Text("Pause");
/// Button.
pub const RESUME: Text = Text("Resume");
/// Button.
pub const SAVE: Text = Text("Save");
/// Button.
pub const EVALUATE: Text = Text("Evaluate");
/// Button.
pub const STOP: Text = Text("Stop");
/// Button: the same run goes on in a new process.
pub const GO_ON: Text = Text("Go on");
/// What it does.
pub const GO_ON_HELP: Text = Text("Starts it again from its last save, as the same run and to its own end");
/// Button: the form, with this run to go on from.
pub const GO_ON_FURTHER: Text = Text("Further…");
/// What it does.
pub const GO_ON_FURTHER_HELP: Text =
    Text("Goes on from its last save to another end, under another name or on another device");
/// Button.
pub const FORGET_WAITING: Text = Text("Forget those that wait");
/// Question.
pub const FORGET_WAITING_TITLE: Text = Text("Forget the runs that wait?");
/// Button, of a run that waits.
pub const CANCEL_RUN: Text = Text("Cancel this run");
/// Question.
pub const CANCEL_TITLE: Text = Text("Cancel a run that waits?");
/// Button, of a run that ended.
pub const DELETE_RUN: Text = Text("Delete…");
/// Question.
pub const DELETE_TITLE: Text = Text("Delete a kept run?");
/// Button of the question.
pub const DELETE_FOR_GOOD: Text = Text("Delete for good");
/// A run was asked to save.
pub const SAVED: Text = Text("It saves at once, into its folder on the host.");
/// Title of the board.
pub const LEADERBOARD: Text = Text("Leaderboard");
/// What it tells.
pub const LEADERBOARD_NOTE: Text = Text(
    "The best mean return over 100 episodes in a row, exploration included, of every run that this relay knows. Runs stand \
                                    side by side where environment and settings are the same.",
);
/// Nothing to tell.
pub const LEADERBOARD_EMPTY: Text = Text("No run of this relay has ended an episode yet.");
/// Column.
pub const PLACE: Text = Text("Place");
/// Column.
pub const BEST_MEAN: Text = Text("Best mean return");
/// Column.
pub const STEPS: Text = Text("Steps");
/// Column.
pub const RUN: Text = Text("Run");
/// Heading of a part of the form.
pub const WHERE: Text = Text("Where, and how long");
/// Field.
pub const HOST: Text = Text("Host");
/// Field.
pub const DEVICE: Text = Text("Device");
/// A device.
pub const AUTO: Text = Text("auto: the best that there is");
/// Field.
pub const BEGIN_WITH: Text = Text("Begin");
/// Option.
pub const ANEW: Text = Text("a new run");
/// Option.
pub const KEPT: Text = Text("from a kept run");
/// Field.
pub const KEPT_RUN: Text = Text("Kept run");
/// What it takes.
pub const KEPT_NOTE: Text =
    Text("Its folder on the host, environment/run. It goes on from its last save, exactly as if it had never stopped.");
/// What it looks like.
pub const KEPT_EXAMPLE: &str = "cart-pole/ppo-seed42";
/// Field.
pub const FROM: Text = Text("From the weights");
/// Weights.
pub const LATEST: Text = Text("latest");
/// Weights.
pub const BEST: Text = Text("best");
/// Weights.
pub const FINAL: Text = Text("final");
/// Heading of a part of the form.
pub const CHILD: Text = Text("Agent, with other values");
/// What other values mean.
pub const CHILD_NOTE: Text = Text(
    "Other values, or other weights than the latest, make a child: a run of its own that begins with what this one learned. This \
                              one stays as it is.",
);
/// The relay has nothing of the kept run.
pub const CHILD_UNKNOWN: Text =
    Text("The relay does not know this run, so its values are not shown here. It can go on as it is.");
/// Field.
pub const NAME: Text = Text("Name");
/// What stands there where nothing does.
pub const NAME_EXAMPLE: Text = Text("found by the host");
/// Field.
pub const END: Text = Text("Ends");
/// Option.
pub const NEVER: Text = Text("when it is stopped");
/// Option, of a kept run.
pub const OWN_END: Text = Text("where it was to end");
/// Option.
pub const AFTER_STEPS: Text = Text("after steps");
/// Option.
pub const AFTER_EPISODES: Text = Text("after episodes");
/// Field.
pub const AMOUNT: Text = Text("How many, in all");
/// Sends the order.
pub const START: Text = Text("Start the run");
/// It was sent.
pub const STARTING_IT: Text = Text("Asking the host…");
/// The form cannot be sent.
pub const CORRECT_FIRST: Text =
    Text("Something above is not right yet; it says so beside its field. Nothing was started.");
/// A field takes no such number.
pub const NOT_A_NUMBER: Text = Text("A whole number from 1 to 9007199254740991, such as 200000.");
/// No folder of a run.
pub const NOT_A_PLACE: Text = Text("Environment and run with a slash between them, such as cart-pole/ppo-seed42.");
/// The host has gone meanwhile.
pub const HOST_GONE: Text = Text("This host is not connected any more. Pick another, or wait until it is back.");

/// Number of slots.
pub fn slots(free: u32, all: u32) -> String {
    if all == 1 { say!("{free} of 1 slot free", free) } else { say!("{free} of {all} slots free", free, all) }
}

/// A host of another version.
pub fn not_known_there(id: &str, program: &str) -> String {
    say!("This host ({program}) does not know {id}. Pick another, or another host.", program, id)
}

/// What a host knows.
pub fn knows(environments: usize, agents: usize) -> String {
    say!("{environments} environments, {agents} agents", environments, agents)
}

/// A device with its memory.
pub fn memory(size: &str) -> String {
    say!("{size} of memory", size)
}

/// A host that has gone.
pub fn gone_since(moment: Option<&str>) -> String {
    moment.map_or_else(|| Text("not connected").into(), |moment| say!("gone since {moment}", moment))
}

/// When a state began.
pub fn since(moment: &str) -> String {
    say!("since {moment}", moment)
}

/// How far a run is.
pub fn progress(steps: &str, episodes: &str) -> String {
    say!("{steps} steps, {episodes} episodes", steps, episodes)
}

/// How fast it is.
pub fn speed(rate: &str) -> String {
    say!("{rate} steps/s", rate)
}

/// Mean of the newest episodes.
pub fn recent(mean: &str) -> String {
    say!("return {mean}", mean)
}

/// What an evaluation came to.
pub fn evaluated(mean: &str, episodes: &str) -> String {
    say!("greedy {mean} in {episodes} episodes", mean, episodes)
}

/// An evaluation has begun.
pub fn evaluating(run: &str, episodes: u32) -> String {
    say!("{run} plays {episodes} episodes greedily; what they come to stands beside it when it is done.", run, episodes)
}

/// Folded away.
pub fn ended_runs(count: usize) -> String {
    say!("{count} more that ended", count)
}

/// What cancelling costs.
pub fn cancel_waiting(run: &str, host: &str) -> String {
    say!(
        "{run} waits for a slot of {host}. It has not begun, so nothing is lost but its place and its settings.",
        run,
        host
    )
}

/// What deleting costs.
pub fn delete_kept(place: &str, host: &str) -> String {
    say!(
        "{place} disappears from the disk of {host}: weights, log and recorded episodes, for good. Curves and episodes that the relay has \
         stay on Watch.",
        place,
        host
    )
}

/// A run was deleted.
pub fn deleted(place: &str, host: &str) -> String {
    say!("{place} was deleted on {host}.", place, host)
}

/// What forgetting costs.
pub fn forget_waiting(count: usize, host: &str) -> String {
    if count == 1 {
        return say!(
            "1 run waits for a slot of {host} and would be forgotten, whoever asked for it. Runs that have begun go on.",
            host
        );
    }
    say!(
        "{count} runs wait for a slot of {host} and would be forgotten, whoever asked for them. Runs that have begun go on.",
        count,
        host
    )
}

/// The host said yes.
pub fn taken(host: &str) -> String {
    say!("{host} has taken it: it begins as soon as a slot is free.", host)
}

/// The host said no.
pub fn refused(host: &str, reason: &str) -> String {
    say!("{host} refused: {reason}", host, reason)
}

/// How far the board is.
pub fn reading(read: usize, all: usize) -> String {
    say!("reading the runs, {read} of {all}", read, all)
}

/// More runs than are read.
pub fn only_newest(count: usize) -> String {
    say!("of the {count} newest runs", count)
}

/// The best that there is.
pub fn optimum(value: &str) -> String {
    say!("optimal: {value}", value)
}

/// Over fewer episodes than others.
pub fn of_episodes(count: &str) -> String {
    say!("of {count} episodes", count)
}
