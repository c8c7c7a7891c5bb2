included for ${ToName}
