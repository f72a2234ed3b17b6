//! Icons: line drawings on a field of 20 by 20. Plain functions: a component for each would weigh more than all of them.

use yew::prelude::*;

/// A picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the thing its name says")]
pub enum Symbol {
    Play,
    Pause,
    Step,
    Episode,
    Reset,
    Stop,
    Eye,
    Keys,
    Pencil,
    Share,
    Sun,
    Moon,
    Lock,
    Download,
    Down,
    Close,
    Help,
    Save,
    Open,
    Back,
    Dice,
    Copy,
    Plus,
    Trash,
    Check,
    Screen,
    Globe,
}

impl Symbol {
    const fn path(self) -> &'static str {
        match self {
            Self::Screen => "M3 4h14v9H3zM10 13v4M6.500 17h7",
            Self::Globe => {
                "M10 3a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM3 10h14M10 3c-4.200 4.200-4.200 9.800 0 14 4.200-4.200 4.200-9.800 0-14"
            }
            Self::Plus => "M10 4v12M4 10h12",
            Self::Trash => "M4 6h12M8 6V4h4v2M5.500 6l.8 10.500h7.400L14.500 6",
            Self::Check => "M4.500 10.500 8.500 14.500 15.500 6",
            Self::Play => "M6.500 4.200v11.600L15.500 10z",
            Self::Pause => "M6 4.500h2.600v11H6zM11.400 4.500H14v11h-2.600z",
            Self::Step => "M5 4.500v11l7-5.500zM14.800 4.500v11",
            Self::Episode => "M3.500 5v10l6-5zM10.500 5v10l6-5z",
            Self::Reset => "M15.800 10.500a5.800 5.800 0 1 1-2-4.600M16 3.500v3.800h-3.800",
            Self::Stop => "M5.500 5.500h9v9h-9z",
            Self::Eye => {
                "M2.500 10S5.200 5 10 5s7.500 5 7.500 5-2.700 5-7.500 5-7.500-5-7.500-5ZM12.400 10a2.400 2.400 0 1 1-4.800 0 2.400 2.400 0 0 1 4.800 0Z"
            }
            Self::Keys => "M2.500 6h15v8.500h-15zM5.500 9h.1M8.500 9h.1M11.500 9h.1M14.500 9h.1M6.500 12h7",
            Self::Pencil => "M4 13.500 3.300 16.700l3.200-.7L16 6.500 13.500 4zM11.800 5.700l2.500 2.500",
            Self::Share => "M13.700 6.700 10 3 6.300 6.700M10 3.200V12.500M4 11.500v5h12v-5",
            Self::Sun => {
                "M10 2.500v1.800M10 15.700v1.800M2.500 10h1.800M15.700 10h1.800M4.700 4.700 6 6M14 14l1.300 1.300M4.700 15.300 6 14M14 6l1.300-1.300M13.200 10a3.200 3.200 0 1 1-6.400 0 3.200 3.200 0 0 1 6.400 0Z"
            }
            Self::Moon => "M16.200 11.900A6.700 6.700 0 0 1 8.100 3.800a6.700 6.700 0 1 0 8.100 8.100Z",
            Self::Lock => "M5 9h10v7.500H5zM7 9V6.500a3 3 0 0 1 6 0V9",
            Self::Download => "M10 3.500v8.500M6.500 8.700 10 12.200l3.500-3.500M4 16h12",
            Self::Down => "M5.500 8 10 12.500 14.500 8",
            Self::Close => "M5.500 5.500l9 9M14.500 5.500l-9 9",
            Self::Help => "M7.300 7.500a2.700 2.700 0 1 1 4.200 2.200c-.9.600-1.500 1.100-1.500 2.200M10 15.200v.1",
            Self::Save => "M4 4h9.500L16 6.500V16H4zM7 4v4h5.500V4M7 16v-4.500h6V16",
            Self::Open => "M3 15.500V5h5l1.600 2H17v8.500z",
            Self::Back => "M11.500 4.500 6 10l5.500 5.500",
            Self::Dice => "M4 4h12v12H4zM7.300 7.300h.1M12.700 7.300h.1M10 10h.1M7.300 12.700h.1M12.700 12.700h.1",
            Self::Copy => "M7 7h9v9H7zM13 7V4H4v9h3",
        }
    }
}

/// A picture beside words, or instead of words that stand in a label.
pub fn icon(symbol: Symbol) -> Html {
    html! { <svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d={symbol.path()} /></svg> }
}

/// The house's sign: a jar with a sprout.
pub fn jar() -> Html {
    html! {
        <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M10 3.500h12M11.500 3.500v3.200C7.500 9 5.500 12.800 5.500 17.600c0 7 4 10.900 10.500 10.900s10.500-3.900 10.500-10.900c0-4.800-2-8.600-6-10.900V3.500" />
            <path class="leaf" d="M16 25v-9.500M16 19.500c0-4 2.400-6.300 6-6.500.3 4.200-2 6.700-6 6.500ZM16 22.500c-.2-3.200-2.200-5-5.300-5.100-.1 3.400 1.900 5.300 5.300 5.100Z" />
        </svg>
    }
}

/// A fern for a corner of the stage: `left` or `right`.
pub fn fern(side: &'static str) -> Html {
    html! {
        <svg class={classes!("fern", side)} viewBox="0 0 96 150" aria-hidden="true">
            <path d="M30 150C28 110 34 70 58 36M31 118c-10-2-18-8-22-18 11 0 18 5 22 13M33 98c-11-4-17-12-19-22 11 2 18 9 20 18M37 78c-9-6-14-14-14-24 10 4 15 12 16 20M33 112c9-6 19-7 28-3-7 7-17 9-27 7M36 91c8-7 18-9 27-6-6 8-16 11-26 10M42 71c7-7 16-10 25-8-5 8-15 12-25 11M49 52c5-7 13-11 21-10-4 8-12 13-21 13" />
        </svg>
    }
}
