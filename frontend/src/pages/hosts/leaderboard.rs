//! The board: what the relay's runs came to, environment by environment.

use super::board::{RankedRun, RankedRuns, boards};
use crate::format::{count, fixed, plain};
use crate::pages::reader::{MOST_READ, Read};
use crate::route::Route;
use crate::text;
use crate::text::hosts as words;
use yew::prelude::*;

/// What was read.
#[derive(Clone, Debug, PartialEq, Properties)]
pub struct LeaderboardProps {
    /// What the runs came to.
    pub read: Read<RankedRun>,
}

/// The board.
#[component]
pub fn Leaderboard(props: &LeaderboardProps) -> Html {
    let read = &props.read;
    let is_reading = read.read < read.all;
    html! {
        <section class="leaderboard" aria-label={words::LEADERBOARD} data-testid="leaderboard" data-value={read.rows.len().to_string()}>
            <header>
                <h2>{ words::LEADERBOARD }</h2>
                <span class="soft number" role="status">
                    if is_reading { { words::reading(read.read, read.all) } } else if read.all == MOST_READ { { words::only_newest(MOST_READ) } }
                </span>
            </header>
            if read.rows.is_empty() {
                if !is_reading { <p class="empty">{ words::LEADERBOARD_EMPTY }</p> }
            } else {
                <p class="soft">{ words::LEADERBOARD_NOTE }</p>
                <div class="boards">{ for boards(read.rows.iter().cloned()).iter().map(board) }</div>
            }
        </section>
    }
}

fn board(board: &RankedRuns) -> Html {
    html! {
        <section class="card board" key={format!("{} {}", board.title, board.settings)}>
            <h3>
                { board.title.clone() }
                if !board.settings.is_empty() { <small>{ board.settings.clone() }</small> }
                if let Some(optimum) = board.optimum { <small class="number">{ words::optimum(&plain(optimum, 4)) }</small> }
            </h3>
            <table class="number">
                <thead>
                    <tr>
                        <th scope="col"><span class="unseen">{ words::PLACE }</span></th>
                        <th scope="col">{ text::AGENT }</th>
                        <th scope="col">{ words::BEST_MEAN }</th>
                        <th scope="col">{ words::STEPS }</th>
                        <th scope="col">{ words::RUN }</th>
                    </tr>
                </thead>
                <tbody>{ for board.rows.iter().enumerate().map(|(index, it)| row(index, it)) }</tbody>
            </table>
        </section>
    }
}

fn row(index: usize, row: &RankedRun) -> Html {
    html! {
        <tr key={row.run.to_string()} data-testid={format!("best-{}", row.run)} data-value={row.best.mean.to_string()}>
            <td>{ index + 1 }</td>
            <th scope="row">{ row.agent.clone() }</th>
            <td>
                <b>{ fixed(row.best.mean, 2) }</b>
                if row.best.is_short() { <small>{ words::of_episodes(&count(row.best.episodes)) }</small> }
            </td>
            <td>{ count(row.steps) }</td>
            <td>
                <a href={Route::WatchRun(row.run.clone(), None).address()}>{ row.run.to_string() }</a>
                if row.live { <i class="dot" data-live="true" role="img" aria-label={text::LIVE} title={text::LIVE}></i> }
            </td>
        </tr>
    }
}
