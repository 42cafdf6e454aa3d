-- The forms in which a video can be played. They are replaced as a set.
CREATE TABLE video_renditions (
    video_id text NOT NULL,
    name text NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    bitrate integer NOT NULL,
    codec text NOT NULL,
    url text NOT NULL,
    size integer NOT NULL,

    CONSTRAINT video_renditions_pkey PRIMARY KEY (video_id, name),
    CONSTRAINT video_renditions_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_renditions_name_check CHECK (length(name) BETWEEN 1 AND 50),
    CONSTRAINT video_renditions_width_check CHECK (width BETWEEN 1 AND 100000),
    CONSTRAINT video_renditions_height_check CHECK (height BETWEEN 1 AND 100000),
    CONSTRAINT video_renditions_bitrate_check CHECK (bitrate > 0),
    CONSTRAINT video_renditions_codec_check CHECK (length(codec) BETWEEN 1 AND 100),
    CONSTRAINT video_renditions_url_check CHECK (length(url) BETWEEN 1 AND 2000),
    CONSTRAINT video_renditions_size_check CHECK (size >= 0),

    -- What PostgreSQL's types refuse by themselves.
    CONSTRAINT video_renditions_video_id_type_check CHECK (
        video_id GLOB '????????-????-????-????-????????????'
        AND length(replace(video_id, '-', '')) = 32
        AND replace(video_id, '-', '') NOT GLOB '*[^0-9a-f]*'
    )
) STRICT, WITHOUT ROWID;
