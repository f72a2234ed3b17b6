//! The engine: a 20 × 10 board of bits, cell by cell the same as tetris-gymnasium 0.2.1.
//!
//! A row is a word with the wall around the board set: 4 bits left, 10 of the board, 4 bits right; four full rows lie
//! below. Pieces are squares of 4, 2 or 3 cells a side that turn as a whole, without kicks, and appear at rotation 0
//! in the top middle.

/// Columns.
pub(crate) const WIDTH: usize = 10;
/// Rows.
pub(crate) const HEIGHT: usize = 20;
/// Cells of wall on either side and below.
pub(crate) const WALL: usize = 4;

/// All bits of a row.
const FULL: u32 = (1 << (WIDTH + 2 * WALL)) - 1;
/// The bits of an empty row: its walls.
const EMPTY: u32 = FULL & !(((1 << WIDTH) - 1) << WALL);

/// Pieces: I, O, T, S, Z, J, L.
pub(crate) const LETTERS: [char; 7] = ['I', 'O', 'T', 'S', 'Z', 'J', 'L'];
/// Pieces that can be seen coming.
pub(crate) const QUEUE: usize = 4;

pub(crate) const LEFT: u16 = 0;
pub(crate) const RIGHT: u16 = 1;
pub(crate) const DOWN: u16 = 2;
pub(crate) const TURN_LEFT: u16 = 3;
pub(crate) const TURN_RIGHT: u16 = 4;
pub(crate) const HARD_DROP: u16 = 5;
pub(crate) const SWAP: u16 = 6;

/// A piece in one of its rotations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PieceShape {
    /// Cells a side.
    pub(crate) side: u8,
    /// Bit c of word r is the cell in row r, column c.
    pub(crate) rows: [u32; 4],
    /// The same with four bits a cell, each cell with the piece's colour, 1 to 7.
    colours: [u64; 4],
    /// Greatest column with a cell.
    last_column: u8,
}

/// Every piece turned left 0 to 3 times.
pub(crate) const SHAPES: [[PieceShape; 4]; 7] = {
    let squares: [(u8, [u32; 4]); 7] = [
        (4, [0b0000, 0b1111, 0, 0]),
        (2, [0b11, 0b11, 0, 0]),
        (3, [0b010, 0b111, 0, 0]),
        (3, [0b110, 0b011, 0, 0]),
        (3, [0b011, 0b110, 0, 0]),
        (3, [0b001, 0b111, 0, 0]),
        (3, [0b100, 0b111, 0, 0]),
    ];
    let none = PieceShape { side: 0, rows: [0; 4], colours: [0; 4], last_column: 0 };
    let mut shapes = [[none; 4]; 7];
    let mut piece = 0;
    while piece < 7 {
        let (side, mut rows) = squares[piece];
        let mut rotation = 0;
        while rotation < 4 {
            let mut shape = PieceShape { side, rows, colours: [0; 4], last_column: 0 };
            let mut turned = [0; 4];
            let mut row = 0;
            while row < side as usize {
                let mut column = 0;
                while column < side as usize {
                    if rows[row] >> column & 1 == 1 {
                        shape.colours[row] |= (piece as u64 + 1) << (4 * column);
                        if column as u8 > shape.last_column {
                            shape.last_column = column as u8;
                        }
                        // A quarter to the left: the last column becomes the first row.
                        turned[side as usize - 1 - column] |= 1 << row;
                    }
                    column += 1;
                }
                row += 1;
            }
            shapes[piece][rotation] = shape;
            rows = turned;
            rotation += 1;
        }
        piece += 1;
    }
    shapes
};

/// The legal placements of every piece: bit `column * 4 + rotations` where it stays between the walls.
pub(crate) const LEGAL_PLACEMENTS: [u64; 7] = {
    let mut legal = [0; 7];
    let mut piece = 0;
    while piece < 7 {
        let mut placement = 0;
        while placement < 4 * WIDTH {
            if placement / 4 + (SHAPES[piece][placement % 4].last_column as usize) < WIDTH {
                legal[piece] |= 1 << placement;
            }
            placement += 1;
        }
        piece += 1;
    }
    legal
};

/// The pieces to come, without end.
pub(crate) trait PieceSupply {
    /// The next piece, 0 to 6.
    fn next(&mut self) -> u8;
}

/// The filled cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FilledRows([u32; HEIGHT + WALL]);

impl FilledRows {
    const CLEAR: Self = {
        let mut rows = [EMPTY; HEIGHT + WALL];
        let mut row = HEIGHT;
        while row < HEIGHT + WALL {
            rows[row] = FULL;
            row += 1;
        }
        Self(rows)
    };

    /// Ten bits of a row of the board, counted from above.
    #[inline]
    pub(crate) const fn bits(&self, row: usize) -> u32 {
        (self.0[row] & !EMPTY) >> WALL
    }

    /// The same with the uppermost row free.
    pub(crate) const fn without_top_row(mut self) -> Self {
        self.0[0] = EMPTY;
        self
    }

    /// A board without a free cell.
    pub(crate) const SOLID: Self = Self([FULL; HEIGHT + WALL]);

    #[inline]
    fn collides(&self, shape: &PieceShape, x: usize, y: usize) -> bool {
        let rows = &self.0[y..y + 4];
        (0..4).fold(0, |hit, row| hit | (rows[row] & (shape.rows[row] << x))) != 0
    }

    /// The row where a piece that falls from `y` comes to lie.
    #[inline]
    fn landing(&self, shape: &PieceShape, x: usize, mut y: usize) -> usize {
        while !self.collides(shape, x, y + 1) {
            y += 1;
        }
        y
    }

    #[inline]
    fn fill(&mut self, shape: &PieceShape, x: usize, y: usize) {
        for row in 0..4 {
            self.0[y + row] |= shape.rows[row] << x;
        }
    }

    /// Removes the full rows among the four from `y` on; `also` hears of each, from above.
    #[inline]
    fn clear_full(&mut self, y: usize, mut also: impl FnMut(usize)) -> u32 {
        let mut lines = 0;
        for row in y..(y + 4).min(HEIGHT) {
            if self.0[row] == FULL {
                self.0.copy_within(0..row, 1);
                self.0[0] = EMPTY;
                lines += 1;
                also(row);
            }
        }
        lines
    }

    /// The board after dropping a piece, turned left so often, into a column; none if it does not fit at the top.
    pub(crate) fn placed(&self, piece: u8, column: usize, rotations: usize) -> Option<Self> {
        let shape = &SHAPES[usize::from(piece)][rotations];
        let x = column + WALL;
        let y = self.landing(shape, x, 0);
        if self.collides(shape, x, y) {
            return None;
        }
        let mut after = *self;
        after.fill(shape, x, y);
        after.clear_full(y, |_| {});
        Some(after)
    }
}

/// What locking a piece brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LockedPiece {
    /// Full lines that went.
    pub(crate) lines: u32,
    /// No room for the next piece, or for this one.
    pub(crate) over: bool,
}

/// A game.
#[derive(Clone, Debug)]
pub(crate) struct Engine {
    pub(crate) rows: FilledRows,
    /// Four bits a cell: 0 free, else the piece and 1.
    colours: [u64; HEIGHT],
    pub(crate) piece: u8,
    pub(crate) rotation: u8,
    /// Left column of the piece's square, walls counted.
    x: usize,
    /// Upper row of the piece's square.
    y: usize,
    /// The held piece and its rotation.
    pub(crate) held: Option<(u8, u8)>,
    pub(crate) swapped: bool,
    /// The pieces to come, the next one first.
    pub(crate) queue: [u8; QUEUE],
}

impl Engine {
    /// A game that begins with the next pieces of the supply.
    pub(crate) fn new(supply: &mut impl PieceSupply) -> Self {
        let mut engine = Self {
            rows: FilledRows::CLEAR,
            colours: [0; HEIGHT],
            piece: 0,
            rotation: 0,
            x: 0,
            y: 0,
            held: None,
            swapped: false,
            queue: [0; QUEUE],
        };
        engine.restart(supply);
        engine
    }

    /// Begins anew with the next pieces of the supply.
    #[inline]
    pub(crate) fn restart(&mut self, supply: &mut impl PieceSupply) {
        self.rows = FilledRows::CLEAR;
        self.colours = [0; HEIGHT];
        self.held = None;
        self.swapped = false;
        for place in &mut self.queue {
            *place = supply.next();
        }
        self.draw_piece(supply);
    }

    #[inline]
    fn shape(&self) -> &'static PieceShape {
        &SHAPES[usize::from(self.piece)][usize::from(self.rotation)]
    }

    #[inline]
    fn draw_piece(&mut self, supply: &mut impl PieceSupply) {
        self.piece = self.queue[0];
        self.rotation = 0;
        self.queue.copy_within(1.., 0);
        self.queue[QUEUE - 1] = supply.next();
        self.return_to_top();
    }

    #[inline]
    fn return_to_top(&mut self) {
        self.x = WALL + WIDTH / 2 - usize::from(self.shape().side) / 2;
        self.y = 0;
    }

    #[inline]
    fn try_move(&mut self, x: usize, y: usize) -> bool {
        let free = !self.rows.collides(self.shape(), x, y);
        if free {
            (self.x, self.y) = (x, y);
        }
        free
    }

    #[inline]
    fn try_turn(&mut self, quarters: u8) {
        let rotation = (self.rotation + quarters) & 3;
        if !self.rows.collides(&SHAPES[usize::from(self.piece)][usize::from(rotation)], self.x, self.y) {
            self.rotation = rotation;
        }
    }

    /// Takes an action, after which the piece falls by a cell or, where it cannot, locks.
    #[inline]
    pub(crate) fn step(&mut self, action: u16, supply: &mut impl PieceSupply) -> Option<LockedPiece> {
        match action {
            LEFT => _ = self.try_move(self.x - 1, self.y),
            RIGHT => _ = self.try_move(self.x + 1, self.y),
            DOWN => _ = self.try_move(self.x, self.y + 1),
            TURN_LEFT => self.try_turn(1),
            TURN_RIGHT => self.try_turn(3),
            HARD_DROP => return Some(self.lock(supply)),
            SWAP if !self.swapped => self.swap(supply),
            _ => {}
        }
        if self.try_move(self.x, self.y + 1) { None } else { Some(self.lock(supply)) }
    }

    /// Turns the piece left so often and drops it with its square's left column in `column`.
    #[inline]
    pub(crate) fn place(&mut self, column: usize, rotations: u8, supply: &mut impl PieceSupply) -> LockedPiece {
        self.x = column + WALL;
        self.rotation = (self.rotation + rotations) & 3;
        self.lock(supply)
    }

    #[inline]
    fn swap(&mut self, supply: &mut impl PieceSupply) {
        let held = self.held.replace((self.piece, self.rotation));
        self.swapped = true;
        if let Some((piece, rotation)) = held {
            (self.piece, self.rotation) = (piece, rotation);
            self.return_to_top();
        } else {
            self.draw_piece(supply);
        }
    }

    /// Drops the piece, clears lines and brings the next piece.
    #[inline]
    fn lock(&mut self, supply: &mut impl PieceSupply) -> LockedPiece {
        let shape = self.shape();
        if self.rows.collides(shape, self.x, self.y) {
            return LockedPiece { lines: 0, over: true };
        }
        let y = self.rows.landing(shape, self.x, self.y);
        self.rows.fill(shape, self.x, y);
        for (row, colours) in shape.colours.iter().enumerate() {
            // Cells are between the walls, so that nothing but zeros is shifted out.
            if *colours > 0 {
                self.colours[y + row] |=
                    if self.x >= WALL { colours << (4 * (self.x - WALL)) } else { colours >> (4 * (WALL - self.x)) };
            }
        }
        let colours = &mut self.colours;
        let lines = self.rows.clear_full(y, |row| {
            colours.copy_within(0..row, 1);
            colours[0] = 0;
        });
        self.draw_piece(supply);
        self.swapped = false;
        LockedPiece { lines, over: self.rows.collides(self.shape(), self.x, self.y) }
    }

    /// The colour of a cell: 0 free, else the piece and 1.
    pub(crate) const fn colour(&self, row: usize, column: usize) -> u8 {
        (self.colours[row] >> (4 * column) & 0xf) as u8
    }

    /// The cells of the falling piece as (row, column), or where it would land; none where there is no room for it.
    pub(crate) fn cells(&self, landed: bool) -> impl Iterator<Item = (usize, usize)> {
        let shape = self.shape();
        let fits = !self.rows.collides(shape, self.x, self.y);
        let y = if fits && landed { self.rows.landing(shape, self.x, self.y) } else { self.y };
        let x = self.x;
        let cells = (0..16).filter(move |cell| fits && shape.rows[cell / 4] >> (cell % 4) & 1 == 1);
        cells.map(move |cell| (y + cell / 4, x + cell % 4 - WALL))
    }
}
