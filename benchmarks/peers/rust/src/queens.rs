//! The boards of nqueens.

pub const MAX: usize = 12;

/// The first `row` rows have a queen each, at those columns.
#[derive(Clone, Copy)]
pub struct Board {
    pub size: usize,
    pub row: usize,
    columns: [i8; MAX],
}

impl Board {
    pub fn empty(size: usize) -> Board {
        Board { size, row: 0, columns: [0; MAX] }
    }

    pub fn is_free(&self, column: usize) -> bool {
        (0..self.row).all(|i| {
            let apart = self.columns[i] as isize - column as isize;
            let rows = (self.row - i) as isize;
            apart != 0 && apart != rows && apart != -rows
        })
    }

    /// With a queen at that column of the next row.
    pub fn with(&self, column: usize) -> Board {
        let mut next = *self;
        next.columns[next.row] = column as i8;
        next.row += 1;
        next
    }
}

/// The largest size with at most so many boards: it, the ways, the boards.
pub fn choose(ops: usize) -> (usize, u64, usize) {
    const SIZES: [(usize, u64, usize); 9] = [
        (4, 2, 17),
        (5, 10, 54),
        (6, 4, 153),
        (7, 40, 552),
        (8, 92, 2057),
        (9, 352, 8394),
        (10, 724, 35539),
        (11, 2680, 166926),
        (12, 14200, 856189),
    ];
    let fits = SIZES.iter().rev().find(|size| size.2 <= ops);
    *fits.unwrap_or(&SIZES[0])
}
