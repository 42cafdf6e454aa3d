"""Forty everyday queries: joins, totals, windows, recursion, views."""
# mypy: disable-error-code="empty-body"

from pydantic import BaseModel

from hangar_dal import Executor
from tests.chinook import Limit, query


class Artist(BaseModel):
    artist_id: int
    name: str | None


class Album(BaseModel):
    album_id: int
    title: str
    artist: str | None


class Track(BaseModel):
    track_id: int
    name: str
    milliseconds: int


class TrackOfAlbum(BaseModel):
    track_id: int
    name: str
    album: str | None
    genre: str | None


class Count(BaseModel):
    name: str
    count: int


class Total(BaseModel):
    id: int
    total: int


class Ranked(BaseModel):
    id: int
    total: int
    place: int


class Running(BaseModel):
    invoice_id: int
    total: int
    running: int


class Share(BaseModel):
    id: int
    total: int
    whole: int


class Month(BaseModel):
    month: str
    invoices: int
    total: int


class Level(BaseModel):
    employee_id: int
    last_name: str
    level: int


class Boss(BaseModel):
    employee_id: int
    last_name: str
    boss: str | None


class Customer(BaseModel):
    customer_id: int
    name: str
    email: str


class Step(BaseModel):
    invoice_id: int
    total: int
    before: int


class Day(BaseModel):
    number: int
    invoices: int


class Sale(BaseModel):
    invoice_line_id: int
    track: str
    album: str | None
    amount: int


class ArtistTotal(BaseModel):
    artist_id: int
    tracks: int
    milliseconds: int


class Length(BaseModel):
    genre: str
    shortest: int
    longest: int
    average: int


class Quarter(BaseModel):
    track_id: int
    quarter: int


class Path(BaseModel):
    employee_id: int
    path: str


@query
async def get_artist(db: Executor, *, artist_id: int) -> Artist | None: ...


@query
async def get_customer_by_email(db: Executor, *, email: str) -> Customer | None: ...


@query
async def get_line(db: Executor, *, playlist_id: int, track_id: int) -> int | None: ...


@query
async def list_albums_of_artist(db: Executor, *, artist_id: int) -> list[Album]: ...


@query
async def list_tracks_of_album(db: Executor, *, album_id: int) -> list[TrackOfAlbum]: ...


@query
async def list_tracks_after(db: Executor, *, after: int, limit: Limit) -> list[Track]: ...


@query
async def list_artists_without_album(db: Executor) -> list[Artist]: ...


@query
async def list_unsold_tracks(db: Executor) -> list[Track]: ...


@query
async def count_tracks_by_genre(db: Executor) -> list[Count]: ...


@query
async def count_tracks_of_every_genre(db: Executor) -> list[Count]: ...


@query
async def list_totals_of_customers(db: Executor) -> list[Total]: ...


@query
async def list_revenue_of_tracks(db: Executor, *, least: int) -> list[Total]: ...


@query
async def get_total_of_customer(db: Executor, *, customer_id: int) -> int: ...


@query
async def list_lengths_of_genres(db: Executor) -> list[Length]: ...


@query
async def list_running_totals(db: Executor, *, customer_id: int) -> list[Running]: ...


@query
async def list_shares_of_customers(db: Executor) -> list[Share]: ...


@query
async def list_longest_of_album(db: Executor) -> list[Share]: ...


@query
async def list_ranked_customers(db: Executor) -> list[Ranked]: ...


@query
async def list_quarters_of_tracks(db: Executor) -> list[Quarter]: ...


@query
async def list_first_tracks(db: Executor) -> list[Track]: ...


@query
async def list_steps(db: Executor, *, customer_id: int) -> list[Step]: ...


@query
async def list_moving_sums(db: Executor, *, customer_id: int) -> list[Running]: ...


@query
async def list_numbers(db: Executor, *, upto: int) -> list[int]: ...


@query
async def list_staff(db: Executor, *, employee_id: int) -> list[Level]: ...


@query
async def list_chain(db: Executor, *, employee_id: int) -> list[Level]: ...


@query
async def list_paths(db: Executor) -> list[Path]: ...


@query
async def list_bosses(db: Executor) -> list[Boss]: ...


@query
async def count_customers_of_staff(db: Executor) -> list[Total]: ...


@query
async def list_sales(db: Executor, *, customer_id: int) -> list[Sale]: ...


@query
async def list_artist_totals(db: Executor) -> list[ArtistTotal]: ...


@query
async def list_days_of_sale(db: Executor, *, upto: int) -> list[Day]: ...


@query
async def list_customers_above_average(db: Executor) -> list[int]: ...


@query
async def find_best_customer(db: Executor) -> int | None: ...


@query
async def list_totals_of_countries(db: Executor) -> list[Count]: ...


@query
async def list_sizes(db: Executor) -> list[Count]: ...


@query
async def list_top_tracks(db: Executor, *, limit: Limit) -> list[Ranked]: ...


@query
async def list_tracks_of_either(db: Executor, *, genre_id: int, album_id: int) -> list[int]: ...


@query
async def list_invoices_with_lines(db: Executor, *, customer_id: int) -> list[Total]: ...


@query
async def list_conditional_sums(db: Executor) -> list[Share]: ...


@query
async def list_differences(db: Executor, *, customer_id: int) -> list[Step]: ...


@query
async def list_lines_with_whole(db: Executor, *, invoice_id: int) -> list[Share]: ...


@query
async def list_albums_with_length(db: Executor, *, artist_id: int) -> list[Share]: ...


@query
async def list_counts_by_subquery(db: Executor, *, artist_id: int) -> list[Total]: ...


@query
async def list_latest_invoices(db: Executor) -> list[Total]: ...
