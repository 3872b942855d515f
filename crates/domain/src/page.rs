//! A page of a list, and what stands on it.

use std::num::NonZeroU32;

/// Which part of a list is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// From 1.
    pub number: NonZeroU32,
    /// Items per page: 1-[`Page::LARGEST`].
    pub size: NonZeroU32,
}

impl Page {
    /// Default number of items per page.
    pub const USUAL: NonZeroU32 = NonZeroU32::new(25).unwrap();
    /// Largest number of items per page.
    pub const LARGEST: NonZeroU32 = NonZeroU32::new(100).unwrap();

    /// The first page, with as much on it as can be.
    pub const WIDEST: Self = Self { number: NonZeroU32::MIN, size: Self::LARGEST };

    /// Page `number` of pages of `size`; none if either is out of range.
    pub fn new(number: u32, size: u32) -> Option<Self> {
        let (number, size) = (NonZeroU32::new(number)?, NonZeroU32::new(size)?);
        (size <= Self::LARGEST).then_some(Self { number, size })
    }

    /// Number of items before this page.
    pub fn offset(self) -> u64 {
        u64::from(self.number.get() - 1) * u64::from(self.size.get())
    }

    /// The part of `items`, which is the whole list, that stands on it.
    pub fn of<T>(self, items: Vec<T>) -> Paged<T> {
        let total = items.len() as u64;
        let offset = usize::try_from(self.offset()).unwrap_or(usize::MAX);
        let size = usize::try_from(self.size.get()).unwrap_or(usize::MAX);
        Paged { items: items.into_iter().skip(offset).take(size).collect(), total }
    }
}

impl Default for Page {
    fn default() -> Self {
        Self { number: NonZeroU32::MIN, size: Self::USUAL }
    }
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged<T> {
    /// The items on the page; none beyond the last one.
    pub items: Vec<T>,
    /// Total number of items.
    pub total: u64,
}

impl<T> Paged<T> {
    /// Number of pages of `size`; 0 for an empty list.
    pub fn pages(&self, size: NonZeroU32) -> u64 {
        self.total.div_ceil(u64::from(size.get()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_a_part_of_the_list() {
        let page = |number, size| Page::new(number, size).unwrap().of(vec![1, 2, 3, 4, 5]);

        assert_eq!(page(1, 2).items, [1, 2]);
        assert_eq!(page(3, 2).items, [5]);
        assert_eq!(page(4, 2).items, [0; 0]);
        assert_eq!(page(u32::MAX, 100).items, [0; 0]);
        assert_eq!(page(4, 2).total, 5);
        assert_eq!(page(1, 2).pages(Page::new(1, 2).unwrap().size), 3);
        assert_eq!(Page::default().of(Vec::<u8>::new()).pages(Page::USUAL), 0);
    }

    #[test]
    fn a_page_has_its_bounds() {
        assert_eq!(Page::new(0, 25), None);
        assert_eq!(Page::new(1, 0), None);
        assert_eq!(Page::new(1, 101), None);
        assert!(Page::new(u32::MAX, 100).is_some());
        assert_eq!(Page::new(1, 25), Some(Page::default()));
    }
}
