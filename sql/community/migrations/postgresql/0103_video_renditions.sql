-- The forms in which a video can be played. They are replaced as a set.
CREATE TABLE video_renditions (
    video_id uuid NOT NULL,
    name text COLLATE "C" NOT NULL,
    width bigint NOT NULL,
    height bigint NOT NULL,
    bitrate bigint NOT NULL,
    codec text COLLATE "C" NOT NULL,
    url text COLLATE "C" NOT NULL,
    size bigint NOT NULL,

    CONSTRAINT video_renditions_pkey PRIMARY KEY (video_id, name),
    CONSTRAINT video_renditions_video_id_fkey FOREIGN KEY (video_id) REFERENCES videos (id) ON DELETE CASCADE,

    CONSTRAINT video_renditions_name_check CHECK (length(name) BETWEEN 1 AND 50),
    CONSTRAINT video_renditions_width_check CHECK (width BETWEEN 1 AND 100000),
    CONSTRAINT video_renditions_height_check CHECK (height BETWEEN 1 AND 100000),
    CONSTRAINT video_renditions_bitrate_check CHECK (bitrate > 0),
    CONSTRAINT video_renditions_codec_check CHECK (length(codec) BETWEEN 1 AND 100),
    CONSTRAINT video_renditions_url_check CHECK (length(url) BETWEEN 1 AND 2000),
    CONSTRAINT video_renditions_size_check CHECK (size >= 0)
);
